using System.CommandLine;

namespace LogEngine.Cli;

/// <summary>`kv scan`: prints keys and values in order.</summary>
internal static class KvScanCommand
{
    internal static Command Create(ToolIO io)
    {
        Argument<string> directory = Arguments.EnginePlace();
        Argument<string> keyspace = KvArguments.Keyspace();
        Option<string?> prefix = new("--prefix") { Description = "Only keys that begin with it." };
        Option<string?> from = new("--from") { Description = "The lowest key." };
        Option<string?> to = new("--to") { Description = "The key to stay below." };
        Option<bool> reverse = new("--reverse") { Description = "From the highest to the lowest." };
        Option<bool> keys = new("--keys") { Description = "Keys alone." };
        Option<long?> limit = NumberOption.Whole("--limit", "At most so many.", 0, long.MaxValue);
        Option<bool> hex = KvArguments.HexKey();
        Option<string> format = KvArguments.EntryFormat();
        Command command = new(
            "scan", "Prints keys and values in order. Read-only, also beside a writer.")
        {
            directory, keyspace, prefix, from, to, reverse, keys, limit, hex, format,
        };
        command.SetAction((parsed, cancellationToken) =>
        {
            byte[] Parse(Option<string?> option) => KvArguments.ParseKey(
                parsed.GetValue(option) ?? "", parsed.GetValue(hex));
            bool bounded = parsed.GetValue(from) is not null || parsed.GetValue(to) is not null;
            if (bounded && parsed.GetValue(prefix) is not null)
            {
                throw new ArgumentException("--prefix goes without --from and --to");
            }

            ScanRange range = bounded
                ? new ScanRange(Parse(from), Parse(to))
                : ScanRange.Prefix(Parse(prefix));
            return RunAsync(
                io,
                parsed.GetValue(directory)!,
                parsed.GetValue(keyspace)!,
                range with
                {
                    Reverse = parsed.GetValue(reverse),
                    KeysOnly = parsed.GetValue(keys),
                },
                parsed.GetValue(limit) ?? long.MaxValue,
                parsed.FormatOf(format),
                cancellationToken);
        });
        return command;
    }

    private static async Task<int> RunAsync(
        ToolIO io,
        string directory,
        string keyspace,
        ScanRange range,
        long limit,
        string format,
        CancellationToken cancellationToken)
    {
        await using StorageEngine engine = await EnginePlace.OpenReadOnlyAsync(
            directory, cancellationToken);
        await using KeyScan scan = (await KvArguments.ExistingAsync(engine, keyspace, cancellationToken))
            .Scan(range);
        KvPrinter printer = new(new BufferedOutput(io.Output), format);
        try
        {
            for (long i = 0; i < limit && await scan.MoveNextAsync(cancellationToken); i++)
            {
                printer.PrintEntry(scan.Key, scan.Value, scan.Info, !range.KeysOnly);
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
        catch (LogEngineException)
        {
            // What stands before the damage is right: it is shown first.
            Verdict.ShowBefore(printer.Flush);
            throw;
        }

        printer.Flush();
        return ExitCode.Sound;
    }
}
