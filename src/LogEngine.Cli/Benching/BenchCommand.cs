using System.CommandLine;
using System.Globalization;

namespace LogEngine.Cli.Benching;

/// <summary>`bench`: what the disk under a directory gives, and what it can promise.</summary>
internal static class BenchCommand
{
    private const int ManyWriters = 64;

    private static readonly TimeSpan DefaultTime = TimeSpan.FromSeconds(6);

    internal static Command Create(ToolIO io)
    {
        Argument<string> directory = new("DIR")
        {
            Description = "A directory, which need not be there; it is not touched.",
        };
        Option<TimeSpan?> seconds = NumberOption.Seconds(
            "--seconds", "How long to measure, all parts together; 6 if not given.", least: 0.1);
        Command command = new(
            "bench",
            "Measures appends in a folder beside DIR, which it removes again: how long one takes, how many "
            + "a second there are, and what durability the disk can promise.")
        {
            directory, seconds,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            Outcome outcome = await RunAsync(
                parsed.GetValue(directory)!,
                parsed.GetValue(seconds) ?? DefaultTime,
                cancellationToken);
            outcome.Show(io, parsed.WantsJson());
            return ExitCode.Sound;
        });
        return command;
    }

    private static async Task<Outcome> RunAsync(
        string directory, TimeSpan time, CancellationToken cancellationToken)
    {
        using BenchRun run = BenchRun.Begin(directory);
        long free = new DriveInfo(run.Scratch).AvailableFreeSpace;
        if (free < BenchRun.NeededBytes)
        {
            throw new StorageFullException(
                run.Scratch, $"a measurement needs {Text.Size(BenchRun.NeededBytes)}, {Text.Size(free)} are free");
        }

        TimeSpan part = time / 3;
        BenchFigures one = await run.MeasureAsync(1, Durability.PowerLoss, part, cancellationToken);
        BenchFigures many = await run.MeasureAsync(
            ManyWriters, Durability.PowerLoss, part, cancellationToken);
        BenchFigures cached = await run.MeasureAsync(
            1, Durability.ProcessCrash, part, cancellationToken);
        RecoveryReport opened = run.Opened!;
        return Tell(
            opened, BenchDisk.Of(run.Scratch, opened.FileSystem), one, many, cached);
    }

    private static Outcome Tell(
        RecoveryReport opened,
        BenchDisk disk,
        BenchFigures one,
        BenchFigures many,
        BenchFigures cached)
    {
        (string promise, string reason) = disk.Promise(one.P50);
        string io = opened.IoMode == IoMode.Direct ? "direct" : "buffered";
        string[] lines =
        [
            $"disk         {disk.FileSystem}, {Text.Size(disk.FreeBytes)} free, drive's cache "
                + (disk.WriteCache ?? "unknown"),
            $"I/O          {io}, in blocks of {opened.Alignment} bytes",
            .. opened.Warnings.Select(warning => $"note         {warning}"),
            $"durable      {Describe(one)}: one writer, each append written and synced by itself",
            $"             {Describe(many)}: {ManyWriters} writers, who share their syncs",
            $"not synced   {Describe(cached)}: one writer, survives the process alone",
            $"promise      {promise}: {reason}",
        ];
        return new Outcome(
            string.Join('\n', lines),
            [
                ("fileSystem", disk.FileSystem),
                ("freeBytes", disk.FreeBytes),
                ("writeCache", disk.WriteCache),
                ("io", io),
                ("alignment", opened.Alignment),
                ("recordBytes", BenchRun.RecordBytes),
                .. Facts("durable1", one),
                .. Facts("durable64", many),
                .. Facts("unsynced1", cached),
                ("promise", promise),
                ("reason", reason),
            ]);
    }

    private static string Describe(BenchFigures figures) => string.Create(
        CultureInfo.InvariantCulture,
        $"{figures.PerSecond,9:N0}/s  p50 {Text.Span(figures.P50)}, p90 {Text.Span(figures.P90)}, "
        + $"p99 {Text.Span(figures.P99)}, p99.9 {Text.Span(figures.P999)}, "
        + $"slowest {Text.Span(figures.Slowest)}");

    private static (string, object?)[] Facts(string name, BenchFigures figures) =>
    [
        ($"{name}PerSecond", Math.Round(figures.PerSecond, 1)),
        ($"{name}P50Seconds", figures.P50.TotalSeconds),
        ($"{name}P90Seconds", figures.P90.TotalSeconds),
        ($"{name}P99Seconds", figures.P99.TotalSeconds),
        ($"{name}P999Seconds", figures.P999.TotalSeconds),
        ($"{name}SlowestSeconds", figures.Slowest.TotalSeconds),
    ];
}
