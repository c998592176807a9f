using System.Diagnostics;
using System.Globalization;
using LogEngine.Compare.Measuring;
using LogEngine.Compare.Reporting;
using LogEngine.Compare.StoreItems;
using LogEngine.Stores;

namespace LogEngine.Compare.Suites;

/// <summary>
/// What no short test can show of the stores: a stream far larger than memory, 100,000 runs, a run
/// of a million rows.
/// </summary>
internal static class StoresScaleSuite
{
    internal const string Name = "stores-scale";
    private const int RowsOfARun = 3;
    private const int Tasks = 64;

    internal static IReadOnlyList<string> Sides { get; } = ["stream", "runs", "clear"];

    internal static async Task RunAsync(CompareOptions options, Report report)
    {
        foreach (string side in options.Engines)
        {
            using RunDirectory directory = new(options, side);
            await using EmbeddedEngine engine = await StorageEngine.OpenAsync(
                directory.Path,
                new StorageEngineOptions
                {
                    IoMode = options.IoMode,
                    SegmentSizeBytes = options.SegmentBytes,
                });
            try
            {
                await (side switch
                {
                    "stream" => StreamAsync(options, report, engine),
                    "runs" => RunsAsync(options.Keys[0], report, engine),
                    _ => ClearAsync((int)options.Records, report, engine),
                });
            }
            catch (Exception error)
            {
                report.Fail(Name, side, error);
            }
        }
    }

    private static async Task StreamAsync(
        CompareOptions options, Report report, EmbeddedEngine engine)
    {
        BlobStore blobs = await engine.OpenBlobsAsync("bench");
        await using LongStream source = new(options.StreamBytes);
        long started = Stopwatch.GetTimestamp();
        StoredBlob put = await blobs.PutAsync(
            source, new BlobDescription("application/octet-stream"));
        Add(report, "stream-in", source, Stopwatch.GetElapsedTime(started));

        await using Stream content = await blobs.OpenReadAsync(put.Id);
        await using LongStream sink = new(options.StreamBytes);
        started = Stopwatch.GetTimestamp();
        await content.CopyToAsync(sink, BlobStoreOptions.DefaultChunkBytes);
        Add(report, "stream-out", sink, Stopwatch.GetElapsedTime(started));
        if (!sink.Matched)
        {
            throw new InvalidDataException("What came out is not what went in.");
        }
    }

    private static async Task RunsAsync(
        long runs, Report report, EmbeddedEngine engine)
    {
        RunLog log = await engine.OpenRunsAsync("bench");
        long started = Stopwatch.GetTimestamp();
        for (int round = 1; round <= RowsOfARun; round++)
        {
            await Parallel.ForAsync(
                0,
                runs,
                new ParallelOptions { MaxDegreeOfParallelism = Tasks },
                async (run, token) =>
                {
                    long sequence = await log.AppendNextAsync(
                        $"run-{run}", new RunRow(0, "running", $"{run}"), cancellationToken: token);
                    Require(sequence == round, "a run has another run's number");
                });
        }

        Add(report, "runs-append", runs * RowsOfARun, Stopwatch.GetElapsedTime(started), null);
        started = Stopwatch.GetTimestamp();
        long rows = 0;
        await foreach (string run in log.ListRunsAsync())
        {
            await foreach (RunRow row in log.ReadAsync(run))
            {
                Require(run == $"run-{row.TaskId}", "a run has another run's row");
                rows++;
            }
        }

        Require(rows == runs * RowsOfARun, "rows are missing");
        Add(report, "runs-read", rows, Stopwatch.GetElapsedTime(started), null);
    }

    private static async Task ClearAsync(
        int most, Report report, EmbeddedEngine engine)
    {
        RunLog log = await engine.OpenRunsAsync("bench");
        long started = Stopwatch.GetTimestamp();
        for (int first = 0; first < most; first += 1000)
        {
            await log.AppendManyAsync(
                "long",
                [.. Enumerable.Range(first, 1000).Select(n => new RunRow(n, "running", "task"))],
                Durability.ProcessCrash);
        }

        Add(report, "rows-append", most, Stopwatch.GetElapsedTime(started), null);
        await engine.SnapshotAsync();
        long before = engine.Statistics.Log.RecordsAppended;
        started = Stopwatch.GetTimestamp();
        await log.ClearAsync("long");
        TimeSpan elapsed = Stopwatch.GetElapsedTime(started);
        long records = engine.Statistics.Log.RecordsAppended - before;
        Require(await log.CountRowsAsync("long") == 0, "rows are left");
        Add(
            report,
            "clear",
            1,
            elapsed,
            $"{records} records for {most} rows, {elapsed.TotalMilliseconds:N1} ms");
    }

    private static void Require(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new InvalidDataException(otherwise);
        }
    }

    private static void Add(Report report, string side, LongStream stream, TimeSpan elapsed) =>
        report.Add(ResultRow.From(
            Name, side, 1 << 20, [new Window(stream.Length >> 20, elapsed)
            {
                Note = string.Create(
                    CultureInfo.InvariantCulture,
                    $"{stream.Length >> 20} MiB, managed memory at most "
                    + $"{stream.MostManagedBytes / 1048576.0:N1} MiB, process "
                    + $"{stream.MostProcessBytes / 1048576.0:N0} MiB"),
            }]));

    private static void Add(
        Report report, string side, long operations, TimeSpan elapsed, string? note) =>
        report.Add(ResultRow.From(Name, side, 1, [new Window(operations, elapsed) { Note = note }])
            with
        { Appenders = Tasks });
}
