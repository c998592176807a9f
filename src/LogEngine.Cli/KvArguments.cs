using System.CommandLine;
using System.Text;

namespace LogEngine.Cli;

/// <summary>Arguments and options that the `kv` commands share.</summary>
internal static class KvArguments
{
    internal static Argument<string> Keyspace() => new("KEYSPACE")
    {
        Description = "Name of the keyspace.",
    };

    internal static Argument<string> Key() => new("KEY")
    {
        Description = "The key, as text.",
    };

    internal static Option<bool> HexKey() => new("--hex-key")
    {
        Description = "Keys on the command line are hexadecimal.",
    };

    /// <summary>How one value is printed.</summary>
    internal static Option<string> ValueFormat()
    {
        Option<string> format = new("--format")
        {
            Description = "raw: exactly the value's bytes, and a newline only on a terminal; json: "
                + "an object; hex: the bytes in hex. The latter two with a newline.",
            DefaultValueFactory = _ => "raw",
        };
        format.AcceptOnlyFromAmong("raw", "json", "hex");
        return format;
    }

    /// <summary>How keys and values are printed, one pair a line.</summary>
    internal static Option<string> EntryFormat()
    {
        Option<string> format = new("--format")
        {
            Description = "text: key, tab, value, where a backslash stands before what would be "
                + "mistaken: \\\\, \\t, \\n, \\r, and \\xHH for bytes that are no text; json: an object; "
                + "hex: key, tab, value in hex.",
            DefaultValueFactory = _ => "text",
        };
        format.AcceptOnlyFromAmong("text", "json", "hex");
        return format;
    }

    internal static Option<string> Durability()
    {
        Option<string> durability = new("--durability")
        {
            Description = "What the write survives once the command has ended.",
            DefaultValueFactory = _ => "power-loss",
        };
        durability.AcceptOnlyFromAmong("power-loss", "process-crash");
        return durability;
    }

    internal static Durability ParseDurability(string text) =>
        text == "process-crash"
            ? LogEngine.Durability.ProcessCrash
            : LogEngine.Durability.PowerLoss;

    /// <summary>A keyspace to look at, a store's too.</summary>
    /// <exception cref="StorageNotFoundException">The engine has no such keyspace.</exception>
    internal static async ValueTask<LogEngine.Keyspace> ExistingAsync(
        StorageEngine engine, string keyspace, CancellationToken cancellationToken)
    {
        await RequireAsync(engine, keyspace, cancellationToken);
        return EnginePlace.KeyspaceOf(engine, keyspace);
    }

    /// <exception cref="StorageNotFoundException">The engine has no such keyspace.</exception>
    internal static async ValueTask RequireAsync(
        StorageEngine engine, string keyspace, CancellationToken cancellationToken)
    {
        if (!(await engine.ListKeyspacesAsync(cancellationToken)).Contains(keyspace))
        {
            throw new StorageNotFoundException($"there is no keyspace '{keyspace}'");
        }
    }

    internal static byte[] ParseKey(string key, bool hex)
    {
        try
        {
            return hex ? Convert.FromHexString(key) : Encoding.UTF8.GetBytes(key);
        }
        catch (FormatException)
        {
            throw new ArgumentException($"'{key}' is not hexadecimal");
        }
    }
}
