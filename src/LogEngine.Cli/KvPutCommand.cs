using System.CommandLine;
using System.Text;

namespace LogEngine.Cli;

/// <summary>`kv put`: gives a key a value.</summary>
internal static class KvPutCommand
{
    internal static Command Create(ToolIO io)
    {
        Argument<string> directory = Arguments.EngineDirectory();
        Argument<string> keyspace = KvArguments.Keyspace();
        Argument<string> key = KvArguments.Key();
        Argument<string?> value = new("VALUE")
        {
            Description = "The value, as text; all of standard input if not given.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        Option<bool> hex = KvArguments.HexKey();
        Option<double?> ttl = new("--ttl")
        {
            Description = "Seconds after which the value is absent.",
        };
        ttl.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<double?>() is not (> 0 and < 1e9))
            {
                result.AddError("--ttl must be above 0 and below 1,000,000,000 seconds.");
            }
        });
        Option<string> durability = KvArguments.Durability();
        Command command = new(
            "put", "Gives a key a value and prints its version; creates what is missing.")
        {
            directory, keyspace, key, value, hex, ttl, durability,
        };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            io,
            parsed.GetValue(directory)!,
            parsed.GetValue(keyspace)!,
            KvArguments.ParseKey(parsed.GetValue(key)!, parsed.GetValue(hex)),
            parsed.GetValue(value),
            parsed.GetValue(ttl) is { } seconds
                ? DateTimeOffset.UtcNow + TimeSpan.FromSeconds(seconds)
                : null,
            KvArguments.ParseDurability(parsed.GetValue(durability)!),
            cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(
        ToolIO io,
        string directory,
        string keyspace,
        byte[] key,
        string? value,
        DateTimeOffset? expiresAt,
        Durability durability,
        CancellationToken cancellationToken)
    {
        // The input first: an engine is not made for one that cannot be read.
        byte[] bytes = value is null
            ? await ReadAllAsync(io.Input, cancellationToken)
            : Encoding.UTF8.GetBytes(value);
        await using StorageEngine engine = await StorageEngine.OpenAsync(
            directory, cancellationToken: cancellationToken);
        long version = await engine.GetKeyspace(keyspace)
            .PutAsync(key, bytes, durability, expiresAt, cancellationToken);
        await engine.CloseAsync();
        BufferedOutput output = new(io.Output);
        output.WriteLine($"{version}");
        output.Flush();
        return ExitCode.Sound;
    }

    private static async Task<byte[]> ReadAllAsync(
        Stream input, CancellationToken cancellationToken)
    {
        using MemoryStream all = new();
        byte[] piece = new byte[64 << 10];
        for (int read = 1; read > 0;)
        {
            read = await input.ReadAsync(piece, cancellationToken);
            all.Write(piece, 0, read);
            if (all.Length > StorageEngine.MaxValueBytes)
            {
                throw new RecordTooLargeException(
                    "A value", all.Length, StorageEngine.MaxValueBytes);
            }
        }

        return all.ToArray();
    }
}
