using System.CommandLine;

namespace LogEngine.Cli;

/// <summary>`kv delete`: removes a key.</summary>
internal static class KvDeleteCommand
{
    internal static Command Create(ToolIO io)
    {
        Argument<string> directory = Arguments.EngineDirectory();
        Argument<string> keyspace = KvArguments.Keyspace();
        Argument<string> key = KvArguments.Key();
        Option<bool> hex = KvArguments.HexKey();
        Option<string> durability = KvArguments.Durability();
        Command command = new(
            "delete", "Removes a key, whether or not it is there; prints the sequence of that.")
        {
            directory, keyspace, key, hex, durability,
        };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            io,
            parsed.GetValue(directory)!,
            parsed.GetValue(keyspace)!,
            KvArguments.ParseKey(parsed.GetValue(key)!, parsed.GetValue(hex)),
            KvArguments.ParseDurability(parsed.GetValue(durability)!),
            cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(
        ToolIO io,
        string directory,
        string keyspace,
        byte[] key,
        Durability durability,
        CancellationToken cancellationToken)
    {
        await using StorageEngine engine = await EnginePlace.OpenAsync(
            directory, cancellationToken);
        long sequence = await engine.GetKeyspace(keyspace)
            .DeleteAsync(key, durability, cancellationToken);
        await engine.CloseAsync();
        BufferedOutput output = new(io.Output);
        output.WriteLine($"{sequence}");
        output.Flush();
        return ExitCode.Sound;
    }
}
