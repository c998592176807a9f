using System.Text;

namespace LogEngine.Akka.Persistence;

/// <summary>Settings as HOCON, as <see cref="PluginSettings"/> reads them.</summary>
internal static class HoconOf
{
    internal static void Plugin(
        StringBuilder into, string directory, string engine, string store, Durability? durability)
    {
        ArgumentNullException.ThrowIfNull(directory);
        ArgumentException.ThrowIfNullOrEmpty(engine);
        ArgumentException.ThrowIfNullOrEmpty(store);
        into.AppendLine($"directory = {Text(directory)}");
        into.AppendLine($"engine = {Text(engine)}");
        into.AppendLine($"store = {Text(store)}");
        into.AppendLine($"durability = {Text(NameOf(durability))}");
    }

    internal static string Text(string value) =>
        $"\"{value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";

    private static string NameOf(Durability? durability) => durability switch
    {
        null => "",
        Durability.None => "none",
        Durability.ProcessCrash => "process-crash",
        Durability.PowerLoss => "power-loss",
        Durability.MachineLoss => "machine-loss",
        _ => throw new ArgumentOutOfRangeException(nameof(durability), durability, "Unknown durability."),
    };
}
