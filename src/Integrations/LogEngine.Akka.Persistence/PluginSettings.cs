using Akka.Configuration;

namespace LogEngine.Akka.Persistence;

/// <summary>The section of a plugin, with its defaults.</summary>
internal sealed class PluginSettings
{
    private PluginSettings(string section, Config config)
    {
        Directory = config.GetString("directory", "");
        Engine = config.GetString("engine", LogEngineSetup.DefaultName);
        Store = config.GetString("store", "");
        if (Store.Length == 0)
        {
            throw new ConfigurationException($"{section}.store is empty; it is the name of the store in its engine.");
        }

        Durability = DurabilityOf(section, config.GetString("durability", ""));
        KeepsAllEvents = config.GetBoolean("all-events", false);
        Serializer = config.GetString("serializer", "") is { Length: > 0 } serializer ? serializer : null;
    }

    internal string Directory { get; }

    internal string Engine { get; }

    internal string Store { get; }

    internal Durability? Durability { get; }

    internal bool KeepsAllEvents { get; }

    internal string? Serializer { get; }

    /// <exception cref="ConfigurationException">A value is none of those that it may be.</exception>
    internal static PluginSettings OfJournal(Config config) => Of(LogEnginePersistence.JournalId, config);

    /// <exception cref="ConfigurationException">A value is none of those that it may be.</exception>
    internal static PluginSettings OfSnapshotStore(Config config) =>
        Of(LogEnginePersistence.SnapshotStoreId, config);

    private static PluginSettings Of(string section, Config config) => new(
        section, config.WithFallback(LogEnginePersistence.DefaultConfiguration().GetConfig(section)));

    private static Durability? DurabilityOf(string section, string text) => text switch
    {
        "" => null,
        "none" => LogEngine.Durability.None,
        "process-crash" => LogEngine.Durability.ProcessCrash,
        "power-loss" => LogEngine.Durability.PowerLoss,
        "machine-loss" => LogEngine.Durability.MachineLoss,
        _ => throw new ConfigurationException(
            $"{section}.durability is '{text}'; none, process-crash, power-loss and machine-loss are known."),
    };
}
