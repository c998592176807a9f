namespace LogEngine.Unit.Log;

[Trait("Speed", "slow")]
public sealed class ClosingTests
{
    [Fact]
    public async Task Closing_makes_everything_taken_durable_and_seals()
    {
        using ScratchDirectory scratch = new();
        WriteAheadLog log = await SmallLogs.OpenAsync(scratch.Path);
        List<byte[]> expected = [];
        List<Task<long>> pending = [];
        for (int i = 0; i < 100; i++)
        {
            expected.Add(Payloads.Of(1000, i));
            pending.Add(log.AppendAsync(expected[i], (Durability)(i % 3)).AsTask());
        }

        await log.CloseAsync().Soon();
        Assert.Equal(100, (await Task.WhenAll(pending).Soon()).Max());
        Assert.Equal(100, log.DurableSequence);
        await using WriteAheadLog again = await SmallLogs.OpenAsync(scratch.Path);
        Assert.Equal(RecoveredTail.Sealed, again.Recovery.Tail);
        LogContents.AssertSame(expected, LogContents.Read(again));
    }

    [Fact]
    public async Task Closing_and_disposing_again_and_at_once_is_harmless()
    {
        using ScratchDirectory scratch = new();
        WriteAheadLog log = await SmallLogs.OpenAsync(scratch.Path);
        log.Append([1]);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(
            async () => await (i % 2 == 0 ? log.CloseAsync() : log.DisposeAsync())))).Soon();
        await log.CloseAsync().Soon();
        await log.DisposeAsync().Soon();
        Assert.False(log.Faulted.IsCompleted);
    }

    [Fact]
    public async Task Every_call_on_a_closed_log_says_so()
    {
        using ScratchDirectory scratch = new();
        WriteAheadLog log = await SmallLogs.OpenAsync(scratch.Path);
        log.Append([1]);
        await log.CloseAsync();
        LogBatch batch = new();
        batch.Add([1]);
        Assert.Throws<ObjectDisposedException>(() => log.Append([1]));
        Assert.Throws<ObjectDisposedException>(() => log.TryAppend([1], out _));
        Assert.Throws<ObjectDisposedException>(() => log.OpenReader(1));
        await DisposedAsync(async () => await log.AppendAsync(new byte[] { 1 }));
        await DisposedAsync(async () => await log.AppendBatchAsync(batch));
        await DisposedAsync(async () => await log.FlushAsync());
        await DisposedAsync(async () => await log.WaitDurableAsync(1));
        await DisposedAsync(async () => await log.TruncateBeforeAsync(1));
        await DisposedAsync(async () => await log.FindSequenceAsync(DateTimeOffset.MinValue));
    }

    [Fact]
    public async Task Facts_of_a_closed_log_can_still_be_read()
    {
        using ScratchDirectory scratch = new();
        WriteAheadLog log = await SmallLogs.OpenAsync(scratch.Path);
        SmallLogs.Append(log, 3, 10);
        await log.CloseAsync();
        Assert.Equal((1, 3, 3), (log.FirstSequence, log.LastSequence, log.DurableSequence));
        Assert.Equal(3, log.Statistics.RecordsAppended);
    }

    [Fact]
    public async Task Appends_that_race_with_closing_are_in_the_log_or_refused()
    {
        using ScratchDirectory scratch = new();
        WriteAheadLog log = await SmallLogs.OpenAsync(scratch.Path);
        Task<long>[] writers = [.. Enumerable.Range(0, 4).Select(i => Task.Run(async () =>
        {
            long highest = 0;
            try
            {
                while (true)
                {
                    highest = i % 2 == 0
                        ? log.Append(new byte[100])
                        : await log.AppendAsync(new byte[100]);
                }
            }
            catch (ObjectDisposedException)
            {
                return highest;
            }
        }))];
        await Eventually.IsTrueAsync(() => log.DurableSequence > 20, "a few appends");
        await log.CloseAsync().Soon();
        long acknowledged = (await Task.WhenAll(writers).Soon()).Max();
        List<byte[]> found = await LogContents.ReadAsync(scratch.Path);
        Assert.True(found.Count >= acknowledged, $"{found.Count} of {acknowledged} are there");
    }

    [Fact]
    public async Task A_closed_log_takes_little_more_space_than_its_records()
    {
        using ScratchDirectory scratch = new();
        await using (WriteAheadLog log = await WriteAheadLog.OpenAsync(scratch.Path))
        {
            log.Append(new byte[100]);
        }

        Assert.InRange(scratch.SegmentFiles().Sum(f => new FileInfo(f).Length), 1, 64 << 10);
    }

    private static Task<ObjectDisposedException> DisposedAsync(Func<Task> call) =>
        Assert.ThrowsAsync<ObjectDisposedException>(call);
}
