namespace LogEngine.Stress;

/// <summary>
/// Case A6: whoever waits when a log or an engine is closed, or faults, is told so; none waits for
/// ever. (Receivers, groups and processors: tests/Unit, Queue.)
/// </summary>
public sealed class WaitTests
{
    [Fact]
    public async Task A_reader_that_follows_ends_when_its_log_is_closed()
    {
        using ScratchDirectory scratch = new();
        WriteAheadLog log = await WriteAheadLog.OpenAsync(scratch.Path);
        await log.AppendAsync(new byte[10]);
        Task<int>[] readers = [.. Enumerable.Range(0, 8).Select(_ => Task.Run(() => Count(log)))];
        await Eventually.IsTrueAsync(() => _waiting >= 8, "all wait");
        await log.CloseAsync();
        Assert.All(await Task.WhenAll(readers).Soon(), count => Assert.Equal(1, count));
    }

    [Fact]
    public async Task A_reader_that_follows_ends_when_its_log_faults()
    {
        using ScratchDirectory scratch = new();
        await using WriteAheadLog log = await WriteAheadLog.OpenAsync(scratch.Path);
        await log.AppendAsync(new byte[10]);
        Task<int>[] readers = [.. Enumerable.Range(0, 8).Select(_ => Task.Run(() => Count(log)))];
        await Eventually.IsTrueAsync(() => _waiting >= 8, "all wait");
        log.Writer.Committer.Fault.Set(new IOException("the disk is gone"));
        foreach (Task<int> reader in readers)
        {
            await Assert.ThrowsAsync<StorageFaultedException>(() => reader.Soon());
        }
    }

    [Fact]
    public async Task A_reader_disposed_while_it_waits_stops_waiting()
    {
        using ScratchDirectory scratch = new();
        await using WriteAheadLog log = await WriteAheadLog.OpenAsync(scratch.Path);
        for (int round = 0; round < 100; round++)
        {
            LogReader reader = log.OpenReader(log.LastSequence + 1, new() { Follow = true });
            Task<bool> waiting = Task.Run(() => reader.WaitToReadAsync().AsTask());
            if ((round & 1) == 0)
            {
                await log.AppendAsync(new byte[10], Durability.ProcessCrash);
            }

            reader.Dispose();
            try
            {
                await waiting.Soon();
            }
            catch (ObjectDisposedException)
            {
                // Or it had found the record before.
            }
        }
    }

    [Fact]
    public async Task What_waits_for_durability_ends_when_the_log_is_closed()
    {
        for (int round = 0; round < 20; round++)
        {
            using ScratchDirectory scratch = new();
            WriteAheadLog log = await WriteAheadLog.OpenAsync(scratch.Path);
            Task[] waits =
            [
                .. Enumerable.Range(0, 16).Select(_ => Task.Run(async () =>
                {
                    await log.AppendAsync(new byte[10], Durability.None);
                    await log.FlushAsync();
                })),
            ];
            await Task.Yield();
            await log.CloseAsync().Soon();
            try
            {
                await Task.WhenAll(waits).Soon();
            }
            catch (ObjectDisposedException)
            {
                // It came too late; it does not wait.
            }
        }
    }

    [Fact]
    public async Task Whoever_waits_on_an_engine_ends_when_it_is_closed()
    {
        EmbeddedEngine engine = StorageEngine.OpenInMemory();
        Task[] waits =
        [
            engine.CompactAsync().AsTask(),
            engine.SnapshotAsync().AsTask(),
            engine.FlushAsync().AsTask(),
        ];
        await Task.Yield();
        await engine.CloseAsync().Soon();
        foreach (Task wait in waits)
        {
            await ((Task)wait.Soon()).ConfigureAwait(
                ConfigureAwaitOptions.SuppressThrowing
                    | ConfigureAwaitOptions.ContinueOnCapturedContext);
            Assert.True(wait.IsCompleted, "a wait outlived the engine");
        }
    }

    private int _waiting;

    private async Task<int> Count(WriteAheadLog log)
    {
        using LogReader reader = log.OpenReader(1, new LogReaderOptions { Follow = true });
        int count = 0;
        while (true)
        {
            ValueTask<bool> more = reader.WaitToReadAsync();
            if (count == 1)
            {
                Interlocked.Increment(ref _waiting);
            }

            if (!await more)
            {
                return count;
            }

            while (reader.TryRead(out _))
            {
                count++;
            }
        }
    }
}
