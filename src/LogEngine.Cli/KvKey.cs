using System.CommandLine;

namespace LogEngine.Cli;

/// <summary>Which key of which engine a `kv` command is about.</summary>
internal sealed class KvKey
{
    internal Argument<string> Directory { get; } = Arguments.EnginePlace();

    internal Argument<string> Keyspace { get; } = KvArguments.Keyspace();

    internal Argument<string> Key { get; } = KvArguments.Key();

    internal Option<bool> IsHex { get; } = KvArguments.HexKey();

    internal string DirectoryOf(ParseResult parsed) => parsed.GetValue(Directory)!;

    internal string KeyspaceOf(ParseResult parsed) => parsed.GetValue(Keyspace)!;

    /// <exception cref="ArgumentException">Said to be hexadecimal, and is not.</exception>
    internal byte[] KeyOf(ParseResult parsed) =>
        KvArguments.ParseKey(parsed.GetValue(Key)!, parsed.GetValue(IsHex));
}
