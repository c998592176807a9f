using System.CommandLine;

namespace LogEngine.Cli;

/// <summary>`kv get`: prints a value.</summary>
internal static class KvGetCommand
{
    internal static Command Create(ToolIO io)
    {
        Argument<string> directory = Arguments.EngineDirectory();
        Argument<string> keyspace = KvArguments.Keyspace();
        Argument<string> key = KvArguments.Key();
        Option<bool> hex = KvArguments.HexKey();
        Option<string> format = KvArguments.Format();
        Command command = new("get", "Prints a value. Read-only, also beside a writer.")
        {
            directory, keyspace, key, hex, format,
        };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            io,
            parsed.GetValue(directory)!,
            parsed.GetValue(keyspace)!,
            KvArguments.ParseKey(parsed.GetValue(key)!, parsed.GetValue(hex)),
            parsed.GetValue(format)!,
            cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(
        ToolIO io,
        string directory,
        string keyspace,
        byte[] key,
        string format,
        CancellationToken cancellationToken)
    {
        await using StorageEngine engine = await EnginePlace.OpenReadOnlyAsync(
            directory, cancellationToken);
        using StoredValue? value = await engine.GetKeyspace(keyspace)
            .GetAsync(key, cancellationToken);
        if (value is null)
        {
            throw new NotFoundException($"keyspace '{keyspace}' has no such key");
        }

        KvPrinter printer = new(new BufferedOutput(io.Output), format);
        printer.PrintValue(key, value.Memory.Span, value.Version, value.ExpiresAt);
        printer.Flush();
        return ExitCode.Sound;
    }
}
