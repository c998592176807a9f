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

    internal static Option<string> Format()
    {
        Option<string> format = new("--format")
        {
            Description = "raw: the bytes, key and value parted by a tab; json: an object; "
                + "hex: as raw, in hex. Each with a newline.",
            DefaultValueFactory = _ => "raw",
        };
        format.AcceptOnlyFromAmong("raw", "json", "hex");
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
