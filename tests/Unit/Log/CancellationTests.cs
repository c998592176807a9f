namespace LogEngine.Unit.Log;

public sealed class CancellationTests
{
    [Fact]
    public async Task An_append_with_a_cancelled_token_is_certainly_not_written()
    {
        using ScratchDirectory scratch = new();
        await using WriteAheadLog log = await SmallLogs.OpenAsync(scratch.Path);
        CancellationToken cancelled = new(canceled: true);
        AppendCanceledException error = await Assert.ThrowsAsync<AppendCanceledException>(
            async () => await log.AppendAsync(new byte[] { 1 }, cancellationToken: cancelled));
        Assert.False(error.MayBeWritten);
        Assert.Equal(cancelled, error.CancellationToken);
        Assert.Equal(0, log.LastSequence);
    }

    [Fact]
    public async Task A_batch_with_a_cancelled_token_is_certainly_not_written()
    {
        using ScratchDirectory scratch = new();
        await using WriteAheadLog log = await SmallLogs.OpenAsync(scratch.Path);
        LogBatch batch = new();
        batch.Add([1]);
        AppendCanceledException error = await Assert.ThrowsAsync<AppendCanceledException>(
            async () => await log.AppendBatchAsync(
                batch, cancellationToken: new CancellationToken(canceled: true)));
        Assert.False(error.MayBeWritten);
        Assert.Equal(0, log.LastSequence);
    }

    [Fact]
    public async Task Cancelled_appends_are_in_the_log_only_if_the_exception_says_they_may()
    {
        using ScratchDirectory scratch = new();
        await using WriteAheadLog log = await SmallLogs.OpenAsync(scratch.Path);
        using CancellationTokenSource cancel = new();
        List<Task<long>> pending = [];
        for (int i = 0; i < 100; i++)
        {
            pending.Add(log.AppendAsync(
                Payloads.Of(7000, i), cancellationToken: cancel.Token).AsTask());
        }

        await cancel.CancelAsync();
        HashSet<int> present = [];
        HashSet<int> possible = [];
        int withdrawn = 0;
        for (int i = 0; i < pending.Count; i++)
        {
            try
            {
                await pending[i].Soon();
                present.Add(i);
            }
            catch (AppendCanceledException error)
            {
                Assert.True(!error.MayBeWritten || possible.Add(i));
                withdrawn += error.MayBeWritten ? 0 : 1;
            }
        }

        await log.FlushAsync().Soon();
        Dictionary<string, int> ids = Enumerable.Range(0, 100)
            .ToDictionary(i => Convert.ToHexString(Payloads.Of(7000, i)));
        HashSet<int> found =
            [.. LogContents.Read(log).Select(r => ids[Convert.ToHexString(r)])];
        Assert.True(withdrawn > 0, "100 x 7000 bytes were admitted into two groups of 16 KiB");
        Assert.Subset(found, present);
        Assert.Subset(present.Union(possible).ToHashSet(), found);
    }

    [Fact]
    public async Task The_log_goes_on_after_a_cancelled_oversize_append()
    {
        using ScratchDirectory scratch = new();
        await using WriteAheadLog log = await SmallLogs.OpenAsync(scratch.Path);
        for (int i = 0; i < 10; i++)
        {
            using CancellationTokenSource cancel = new();
            Task<long> append = log.AppendAsync(
                new byte[40_000], cancellationToken: cancel.Token).AsTask();
            await cancel.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(
                async () =>
                {
                    await append.Soon();
                    cancel.Token.ThrowIfCancellationRequested();
                });
        }

        long next = log.LastSequence + 1;
        Assert.Equal(next, await log.AppendAsync(new byte[] { 1 }).Soon());
        Assert.Equal(next, LogContents.Read(log).Count);
    }

    [Fact]
    public async Task A_wait_for_durability_can_be_cancelled_and_the_data_is_kept()
    {
        using ScratchDirectory scratch = new();
        await using WriteAheadLog log = await SmallLogs.OpenAsync(scratch.Path);
        log.Append([1], Durability.ProcessCrash);
        try
        {
            await log.WaitDurableAsync(1, new CancellationToken(canceled: true));
        }
        catch (OperationCanceledException)
        {
            // Either way: the sync may have been faster.
        }

        await log.WaitDurableAsync(1).Soon();
        LogContents.AssertSame([[1]], LogContents.Read(log));
    }

    [Fact]
    public async Task A_following_reader_can_be_cancelled_and_goes_on_afterwards()
    {
        using ScratchDirectory scratch = new();
        await using WriteAheadLog log = await SmallLogs.OpenAsync(scratch.Path);
        await using LogReader reader =
            log.OpenReader(1, new LogReaderOptions { Follow = true });
        using CancellationTokenSource cancel = new();
        Task<bool> wait = reader.WaitToReadAsync(cancel.Token).AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait.Soon());
        log.Append([5]);
        Assert.True(await reader.WaitToReadAsync().Soon());
        Assert.True(reader.TryRead(out StoredRecord record));
        Assert.Equal(5, record.Payload[0]);
    }
}
