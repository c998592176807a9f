using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using LogEngine.Cli.Stores;

namespace LogEngine.Cli;

/// <summary>`append`: one record per line.</summary>
internal static class AppendCommand
{
    private const int DefaultInFlight = 64;
    private const int MaxInFlight = 1 << 20;

    internal static Command Create(ToolIO io)
    {
        Argument<string> directory = Arguments.Directory();
        Argument<string?> file = new("FILE")
        {
            Description = "What to append; standard input if not given.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        Option<string> durability = OneOf(
            "--durability",
            "What an acknowledged record survives.",
            ["power-loss", "process-crash", "none"]);
        Option<int?> inFlight = NumberOption.Whole(
            "--in-flight",
            $"Most records that wait for their acknowledgement at a time; {DefaultInFlight} if not "
            + "given.",
            1,
            MaxInFlight);
        Option<bool> printAcks = new("--print-acks")
        {
            Description = "Print each record's sequence once it is acknowledged, in order.",
        };
        Option<string> mode = OneOf(
            "--io", "How log files are written.", ["auto", "direct", "buffered"]);
        Option<long> segmentSize = new("--segment-size")
        {
            Description = "Size of new segment files, 64K to 1G.",
            CustomParser = ByteSize.Parse,
            DefaultValueFactory = _ => WriteAheadLogOptions.DefaultSegmentSizeBytes,
        };
        Command command = new("append", "Appends one record per line, without its newline.")
        {
            directory, file, durability, inFlight, printAcks, mode, segmentSize,
        };
        command.SetAction((parsed, cancellationToken) =>
        {
            WriteAheadLogOptions options = new()
            {
                IoMode = Enum.Parse<IoMode>(parsed.GetValue(mode)!, ignoreCase: true),
                SegmentSizeBytes = parsed.GetValue(segmentSize),
            };
            options.Validate();
            return RunAsync(
                io,
                parsed.GetValue(directory)!,
                parsed.GetValue(file),
                options,
                new AppendOptions(
                    ParseDurability(parsed.GetValue(durability)!),
                    parsed.GetValue(inFlight) ?? DefaultInFlight,
                    parsed.GetValue(printAcks))
                {
                    AsJson = parsed.WantsJson(),
                },
                cancellationToken);
        });
        return command;
    }

    /// <summary>An option that takes one of some words; the first where it is not given.</summary>
    private static Option<string> OneOf(string name, string description, string[] words)
    {
        Option<string> option = new(name)
        {
            Description = description,
            DefaultValueFactory = _ => words[0],
        };
        option.AcceptOnlyFromAmong(words);
        return option;
    }

    private static async Task<int> RunAsync(
        ToolIO io,
        string directory,
        string? file,
        WriteAheadLogOptions logOptions,
        AppendOptions options,
        CancellationToken cancellationToken)
    {
        // The input first: a log is not made for a file that is not there.
        await using FileStream? opened = file is null ? null : OpenInput(file);
        Stream input = opened ?? io.Input;
        WriteAheadLog log = await WriteAheadLog.OpenAsync(
            directory, logOptions, cancellationToken);
        await using (log)
        {
            long begun = Stopwatch.GetTimestamp();
            AppendRun run = new(log, input, io, options);
            bool all = await ProgressBar.RunAsync(
                io,
                "append",
                opened?.Length ?? 0,
                report => run.RunAsync(report, cancellationToken));
            await log.CloseAsync();
            WriteSummary(io, log, run, Stopwatch.GetElapsedTime(begun), all, options.AsJson);
            return all ? ExitCode.Sound : ExitCode.Interrupted;
        }
    }

    private static FileStream OpenInput(string file) => new(
        StorePlace.NotAnOption(file),
        FileMode.Open,
        FileAccess.Read,
        FileShare.ReadWrite | FileShare.Delete,
        bufferSize: 0,
        FileOptions.SequentialScan);

    private static void WriteSummary(
        ToolIO io, WriteAheadLog log, AppendRun run, TimeSpan elapsed, bool all, bool asJson)
    {
        double seconds = Math.Max(elapsed.TotalSeconds, 1e-6);
        string io2 = log.Recovery.IoMode == IoMode.Direct ? "direct" : "buffered";
        if (asJson)
        {
            new Outcome(
                $"{run.Records} records appended",
                ("records", run.Records),
                ("bytes", run.Bytes),
                ("seconds", seconds),
                ("io", io2)).Say(io, asJson: true);
            return;
        }

        io.Tell(string.Create(
            CultureInfo.InvariantCulture,
            $"{(all ? "appended" : "interrupted after")} {run.Records} records, {run.Bytes} bytes "
            + $"in {seconds:F3} s ({run.Records / seconds:F0} records/s, {io2} I/O)"));
    }

    private static Durability ParseDurability(string text) => text switch
    {
        "none" => Durability.None,
        "process-crash" => Durability.ProcessCrash,
        _ => Durability.PowerLoss,
    };
}
