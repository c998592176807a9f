using System.CommandLine;

namespace LogEngine.Cli;

/// <summary>`kv get`: prints a value.</summary>
internal static class KvGetCommand
{
    internal static Command Create(ToolIO io)
    {
        KvKey place = new();
        Option<string> format = KvArguments.ValueFormat();
        Command command = new("get", "Prints a value. Read-only, also beside a writer.")
        {
            place.Directory, place.Keyspace, place.Key, place.IsHex, format,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            byte[] key = place.KeyOf(parsed);
            string keyspace = place.KeyspaceOf(parsed);
            await using StorageEngine engine = await EnginePlace.OpenReadOnlyAsync(
                place.DirectoryOf(parsed), cancellationToken);
            Keyspace there = await KvArguments.ExistingAsync(engine, keyspace, cancellationToken);
            using StoredValue? value = await there.GetAsync(key, cancellationToken);
            if (value is null)
            {
                throw new StorageNotFoundException($"keyspace '{keyspace}' has no such key");
            }

            KvPrinter printer = new(new BufferedOutput(io.Output), parsed.FormatOf(format));
            printer.PrintValue(
                key, value.Memory.Span, value.Version, value.ExpiresAt, io.OutputIsTerminal);
            printer.Flush();
            return ExitCode.Sound;
        });
        return command;
    }
}
