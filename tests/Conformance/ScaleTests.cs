namespace LogEngine.Conformance;

/// <summary>Many runs, long runs and long streams, as large as a build can wait for.</summary>
public sealed class ScaleTests
{
    private const int Runs = 5_000;
    private const int Rows = 50_000;

    [Fact]
    public async Task Thousands_of_interleaved_runs_stay_apart()
    {
        await using EmbeddedEngine engine = StorageEngine.OpenInMemory();
        RunLog log = await engine.OpenRunsAsync("runs");
        for (int round = 1; round <= 3; round++)
        {
            await Parallel.ForAsync(0, Runs, async (run, token) => Assert.Equal(
                round,
                await log.AppendNextAsync(
                    $"run-{run}",
                    new RunRow(0, $"{run}", "t"),
                    Durability.ProcessCrash,
                    token)));
        }

        int seen = 0;
        await foreach (string run in log.ListRunsAsync())
        {
            Assert.Equal(
                [1L, 2, 3], (await log.LoadAsync(run)).Select(row => row.Sequence));
            Assert.Equal($"run-{(await log.LoadLastAsync(run))!.State}", run);
            seen++;
        }

        Assert.Equal(Runs, seen);
    }

    [Fact]
    public async Task Clear_of_a_long_run_is_one_record()
    {
        await using EmbeddedEngine engine = StorageEngine.OpenInMemory(
            new StorageEngineOptions { CompactionThreshold = 1 });
        RunLog log = await engine.OpenRunsAsync("runs");
        for (int i = 0; i < Rows; i += 1000)
        {
            await log.AppendManyAsync(
                "long",
                [.. Enumerable.Range(i, 1000).Select(n => new RunRow(n, "s", "t"))],
                Durability.ProcessCrash);
        }

        await log.AppendAsync("long2", new RunRow(1, "s", "t"));
        Assert.Equal(Rows, log.CountRows("long"));
        long before = engine.Statistics.Log.RecordsAppended;
        Assert.True(await log.ClearAsync("long"));
        Assert.Equal(before + 1, engine.Statistics.Log.RecordsAppended);
        Assert.Equal(0, log.CountRows("long"));
        Assert.Equal(1, log.CountRows("long2"));
    }
}
