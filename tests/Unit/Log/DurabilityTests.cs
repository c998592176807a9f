namespace LogEngine.Unit.Log;

public sealed class DurabilityTests
{
    [SkippableTheory]
    [InlineData(IoMode.Direct)]
    [InlineData(IoMode.Buffered)]
    public async Task A_durable_append_makes_everything_before_it_durable(IoMode mode)
    {
        Machine.Require(mode);
        using ScratchDirectory scratch = new();
        await using WriteAheadLog log = await SmallLogs.OpenAsync(scratch.Path, mode);
        for (int i = 0; i < 300; i++)
        {
            long sequence = await log.AppendAsync(Payloads.Of(50, i), (Durability)(i % 3)).Soon();
            if (i % 3 == (int)Durability.PowerLoss)
            {
                Assert.True(log.DurableSequence >= sequence);
            }
        }
    }

    [Fact]
    public async Task A_record_that_survives_a_process_crash_can_be_read_but_is_not_durable()
    {
        using ScratchDirectory scratch = new();
        await using WriteAheadLog log = await SmallLogs.OpenAsync(scratch.Path);
        await log.AppendAsync(new byte[] { 9 }, Durability.ProcessCrash).Soon();
        Assert.Equal(0, log.DurableSequence);
        Assert.Empty(LogContents.Read(log));
        LogContents.AssertSame([[9]], LogContents.Read(log, 1, ReadUpTo.Written));
    }

    [Fact]
    public async Task An_append_that_names_no_durability_has_that_of_the_options()
    {
        using ScratchDirectory scratch = new();
        await using WriteAheadLog log = await WriteAheadLog.OpenAsync(
            scratch.Path,
            SmallLogs.Options() with
            {
                DefaultDurability = Durability.ProcessCrash,
                MaxUnsyncedAge = TimeSpan.FromHours(1),
            });
        Assert.Equal(Durability.ProcessCrash, log.DefaultDurability);
        await log.AppendAsync(new byte[] { 1 }).Soon();
        log.Append([2]);
        LogBatch batch = new();
        batch.Add([3]);
        await log.AppendBatchAsync(batch).Soon();
        Assert.Equal(0, log.DurableSequence);
        log.Append([4], Durability.PowerLoss);
        Assert.Equal(4, log.DurableSequence);
    }

    [Theory]
    [InlineData(Durability.MachineLoss)]
    [InlineData((Durability)(-1))]
    public void A_default_that_a_log_cannot_give_is_refused(Durability durability) =>
        Assert.Throws<ArgumentOutOfRangeException>(
            () => new WriteAheadLogOptions { DefaultDurability = durability }.Validate());

    [Fact]
    public async Task Flush_makes_durable_what_was_appended_before()
    {
        using ScratchDirectory scratch = new();
        await using WriteAheadLog log = await SmallLogs.OpenAsync(scratch.Path);
        for (int i = 0; i < 10; i++)
        {
            log.Append([1], Durability.None);
        }

        await log.FlushAsync().Soon();
        Assert.Equal(10, log.DurableSequence);
    }

    [Fact]
    public async Task Flushing_an_empty_log_completes()
    {
        using ScratchDirectory scratch = new();
        await using WriteAheadLog log = await SmallLogs.OpenAsync(scratch.Path);
        await log.FlushAsync().Soon();
        await log.WaitDurableAsync(1).Soon();
    }

    [Fact]
    public async Task Waiting_for_a_sequence_forces_its_sync()
    {
        using ScratchDirectory scratch = new();
        await using WriteAheadLog log = await SmallLogs.OpenAsync(scratch.Path);
        long sequence = await log.AppendAsync(new byte[] { 1 }, Durability.ProcessCrash).Soon();
        await log.WaitDurableAsync(sequence).Soon();
        Assert.Equal(sequence, log.DurableSequence);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(2)]
    public async Task Waiting_for_a_sequence_that_was_not_given_is_refused(long sequence)
    {
        using ScratchDirectory scratch = new();
        await using WriteAheadLog log = await SmallLogs.OpenAsync(scratch.Path);
        log.Append([1]);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            async () => await log.WaitDurableAsync(sequence));
    }

    [Fact]
    public async Task Unsynced_data_is_synced_when_it_has_reached_its_age()
    {
        using ScratchDirectory scratch = new();
        ManualTime time = new();
        await using WriteAheadLog log = await WriteAheadLog.OpenAsync(
            scratch.Path, SmallLogs.Options() with { TimeProvider = time });
        await log.AppendAsync(new byte[] { 1 }, Durability.ProcessCrash).Soon();
        await Eventually.IsTrueAsync(
            () =>
            {
                time.Advance(TimeSpan.FromMilliseconds(200));
                return log.DurableSequence == 1;
            },
            "a sync without a write that asks for one");
        Assert.True(time.GetUtcNow() >= ManualTime.Epoch.AddSeconds(1), "synced before its age");
    }

    [Fact]
    public async Task Many_threads_with_mixed_durabilities_get_dense_sequences()
    {
        using ScratchDirectory scratch = new();
        await using WriteAheadLog log = await SmallLogs.OpenAsync(scratch.Path);
        long[][] given = await Task.WhenAll(Enumerable.Range(0, 8).Select(writer => Task.Run(
            async () =>
            {
                long[] mine = new long[200];
                for (int i = 0; i < mine.Length; i++)
                {
                    byte[] payload = Payloads.Of(((writer * 31) + i) % 300, 0);
                    Durability durability = (Durability)((writer + i) % 3);
                    mine[i] = writer % 2 == 0
                        ? log.Append(payload, durability)
                        : await log.AppendAsync(payload, durability);
                }

                return mine;
            }))).Soon();
        Assert.Equal(
            Enumerable.Range(1, 1600).Select(i => (long)i), given.SelectMany(g => g).Order());
        Assert.All(given, mine => Assert.Equal(mine.Order(), mine));
    }
}
