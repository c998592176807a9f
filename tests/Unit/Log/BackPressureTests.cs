namespace LogEngine.Unit.Log;

public sealed class BackPressureTests
{
    [Fact]
    public async Task Async_appends_beyond_the_buffers_wait_and_complete_in_order()
    {
        using ScratchDirectory scratch = new();
        await using WriteAheadLog log = await SmallLogs.OpenAsync(scratch.Path);
        List<byte[]> expected = [];
        List<Task<long>> pending = [];
        for (int i = 0; i < 200; i++)
        {
            expected.Add(Payloads.Of(6000, i));
            pending.Add(log.AppendAsync(expected[i]).AsTask());
        }

        long[] sequences = await Task.WhenAll(pending).Soon();
        Assert.Equal(Enumerable.Range(1, 200).Select(i => (long)i), sequences);
        Assert.True(log.Statistics.BackPressureWaits > 0);
        LogContents.AssertSame(expected, LogContents.Read(log));
    }

    [Fact]
    public async Task TryAppend_refuses_without_blocking_and_uses_no_sequence()
    {
        using ScratchDirectory scratch = new();
        await using WriteAheadLog log = await SmallLogs.OpenAsync(scratch.Path);
        byte[] payload = Payloads.Of(8000, 1);
        int refused = 0;
        long last = 0;
        while (refused < 3)
        {
            if (log.TryAppend(payload, out long sequence))
            {
                Assert.Equal(++last, sequence);
            }
            else
            {
                Assert.Equal(0, sequence);
                refused++;
            }
        }

        Assert.Equal(last + 1, await log.AppendAsync(payload).Soon());
    }

    [Fact]
    public async Task Small_appends_do_not_overtake_a_large_one_that_waits()
    {
        using ScratchDirectory scratch = new();
        await using WriteAheadLog log = await SmallLogs.OpenAsync(scratch.Path);
        List<Task<long>> pending = [];
        for (int i = 0; i < 60; i++)
        {
            pending.Add(log.AppendAsync(Payloads.Of(i % 10 == 5 ? 40_000 : 10, i)).AsTask());
        }

        long[] sequences = await Task.WhenAll(pending).Soon();
        Assert.Equal(Enumerable.Range(1, 60).Select(i => (long)i), sequences);
    }

    [Fact]
    public async Task Batches_that_wait_keep_together_and_in_order()
    {
        using ScratchDirectory scratch = new();
        await using WriteAheadLog log = await SmallLogs.OpenAsync(scratch.Path);
        List<Task<SequenceRange>> pending = [];
        for (int i = 0; i < 50; i++)
        {
            LogBatch batch = new();
            batch.Add(Payloads.Of(3000, i));
            batch.Add(Payloads.Of(i % 7 == 0 ? 20_000 : 3000, i));
            pending.Add(log.AppendBatchAsync(batch, (Durability)(i % 3)).AsTask());
        }

        SequenceRange[] ranges = await Task.WhenAll(pending).Soon();
        for (int i = 0; i < ranges.Length; i++)
        {
            Assert.Equal(new SequenceRange((2 * i) + 1, (2 * i) + 2), ranges[i]);
        }
    }
}
