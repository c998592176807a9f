using Akka.Configuration;

namespace LogEngine.Akka.Persistence;

/// <summary>What the plugins are called in the configuration of an actor system, and their defaults.</summary>
public static class LogEnginePersistence
{
    /// <summary>The section of the journal: <c>akka.persistence.journal.logengine</c>.</summary>
    public const string JournalId = "akka.persistence.journal.logengine";

    /// <summary>The section of the snapshot store: <c>akka.persistence.snapshot-store.logengine</c>.</summary>
    public const string SnapshotStoreId = "akka.persistence.snapshot-store.logengine";

    /// <summary>The section of the read journal: <c>akka.persistence.query.journal.logengine</c>.</summary>
    public const string ReadJournalId = "akka.persistence.query.journal.logengine";

    /// <summary>
    /// The package's <c>reference.conf</c>: a fallback for the configuration of an actor system that is not set up
    /// by <see cref="LogEnginePersistenceHostingExtensions"/>, which add it themselves.
    /// </summary>
    public static Config DefaultConfiguration() =>
        ConfigurationFactory.FromResource<LogEngineJournal>("LogEngine.Akka.Persistence.reference.conf");
}
