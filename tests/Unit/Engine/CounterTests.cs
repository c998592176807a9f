namespace LogEngine.Unit.Engine;

/// <summary>What counting costs: the sequence of an engine goes up by one with every write.</summary>
public sealed class CounterTests
{
    [Fact]
    public async Task Those_who_count_at_once_are_written_together()
    {
        using ScratchDirectory directory = new();
        await using EmbeddedEngine engine = await StorageEngine.OpenAsync(
            directory.Path, SmallEngine.Options);
        EmbeddedKeyspace counts = engine.GetKeyspace("counts");
        await counts.IncrementAsync("hits");
        long before = engine.VisibleSequence;
        await Task.WhenAll(Enumerable.Range(0, 64).Select(_ => Task.Run(async () =>
        {
            for (int i = 0; i < 25; i++)
            {
                await counts.IncrementAsync("hits");
            }
        }))).Soon();
        Assert.Equal(1 + (64 * 25), await counts.GetCounterAsync("hits"));

        // One by one it would be 1,600. A round of all takes two commits, and is not always complete.
        Assert.InRange(engine.VisibleSequence - before, 2, 800);
    }

    [Fact]
    public async Task One_at_a_time_each_is_one_write()
    {
        using ScratchDirectory directory = new();
        await using EmbeddedEngine engine = await StorageEngine.OpenAsync(
            directory.Path, SmallEngine.Options);
        EmbeddedKeyspace counts = engine.GetKeyspace("counts");
        await counts.IncrementAsync("hits");
        long before = engine.VisibleSequence;
        for (int i = 0; i < 10; i++)
        {
            await counts.IncrementAsync("hits");
        }

        Assert.Equal(before + 10, engine.VisibleSequence);
    }

    [Fact]
    public async Task An_overflow_is_its_caller_s_alone()
    {
        using ScratchDirectory directory = new();
        await using EmbeddedEngine engine = await StorageEngine.OpenAsync(
            directory.Path, SmallEngine.Options);
        EmbeddedKeyspace counts = engine.GetKeyspace("counts");
        await counts.IncrementAsync("n", 10);
        Task<long>[] calls =
        [
            .. Enumerable.Range(0, 30).Select(i =>
                counts.IncrementAsync("n", i % 3 == 1 ? long.MaxValue : 1).AsTask()),
        ];
        await Task.WhenAll(calls.Select(call => call.ContinueWith(
            _ => { }, TaskScheduler.Default))).Soon();
        Assert.Equal(10, calls.Count(call => call.Exception?.InnerException is CounterOverflowException));
        Assert.Equal(30, await counts.GetCounterAsync("n"));
    }

    [Fact]
    public async Task A_wait_that_is_cancelled_in_line_counts_nothing()
    {
        using ScratchDirectory directory = new();
        await using EmbeddedEngine engine = await StorageEngine.OpenAsync(
            directory.Path, SmallEngine.Options);
        EmbeddedKeyspace counts = engine.GetKeyspace("counts");
        using CancellationTokenSource cancelled = new();
        await cancelled.CancelAsync();
        AppendCanceledException error = await Assert.ThrowsAsync<AppendCanceledException>(
            async () => await counts.IncrementAsync("n", cancellationToken: cancelled.Token));
        Assert.False(error.MayBeWritten);
        int given = 0;
        await Task.WhenAll(Enumerable.Range(0, 200).Select(i => Task.Run(async () =>
        {
            using CancellationTokenSource soon = new();
            Task<long> call = counts.IncrementAsync("n", cancellationToken: soon.Token).AsTask();
            await soon.CancelAsync();
            try
            {
                await call;
                Interlocked.Increment(ref given);
            }
            catch (AppendCanceledException left) when (!left.MayBeWritten)
            {
                // Certainly not.
            }
            catch (AppendCanceledException)
            {
                Interlocked.Add(ref given, 1000);
            }
        }))).Soon();

        // Whoever is told 'maybe' counts or does not; everybody else is exact.
        await counts.IncrementAsync("n", 0);
        long number = await counts.GetCounterAsync("n");
        Assert.InRange(number, given % 1000, (given % 1000) + (given / 1000));
    }
}
