using System.Runtime.CompilerServices;
using Akka.Hosting;
using Akka.Persistence.Hosting;

namespace LogEngine.Akka.Persistence;

/// <summary>Sets the plugins up in an application's host, as Akka.Persistence.Hosting does.</summary>
public static class LogEnginePersistenceHostingExtensions
{
    /// <summary>The engines of each builder: an actor system takes one setup of a kind.</summary>
    private static readonly ConditionalWeakTable<AkkaConfigurationBuilder, LogEngineSetup> _setups = [];

    /// <summary>
    /// Keeps events and snapshots in an engine of the application's, embedded or PostgreSQL, and reads them with
    /// <see cref="LogEngineReadJournal"/>. As defaults: persistent actors that name no plugin take these.
    /// </summary>
    /// <param name="builder">The builder of the actor system.</param>
    /// <param name="engine">
    /// The engine. It belongs to the caller: open before the actor system starts, closed after it has terminated.
    /// </param>
    /// <param name="mode">Only the journal, or only the snapshot store; both where null.</param>
    /// <param name="journalBuilder">Adds event adapters and health checks to the journal.</param>
    /// <param name="snapshotBuilder">Adds health checks to the snapshot store.</param>
    public static AkkaConfigurationBuilder WithLogEnginePersistence(
        this AkkaConfigurationBuilder builder,
        StorageEngine engine,
        PersistenceMode? mode = null,
        Action<AkkaPersistenceJournalBuilder>? journalBuilder = null,
        Action<AkkaPersistenceSnapshotBuilder>? snapshotBuilder = null) => builder
            .WithLogEngine(LogEngineSetup.DefaultName, engine)
            .WithPlugins(
                mode, new LogEngineJournalOptions(), new LogEngineSnapshotOptions(), journalBuilder, snapshotBuilder);

    /// <summary>
    /// The same in a directory: the actor system opens an engine there when it is first needed, and closes it when it
    /// terminates. Where opening may take long, since much is stored, open it yourself before the system starts.
    /// </summary>
    /// <param name="builder">The builder of the actor system.</param>
    /// <param name="directory">The directory; nothing else should live in it.</param>
    /// <param name="mode">Only the journal, or only the snapshot store; both where null.</param>
    /// <param name="journalBuilder">Adds event adapters and health checks to the journal.</param>
    /// <param name="snapshotBuilder">Adds health checks to the snapshot store.</param>
    /// <exception cref="ArgumentException">The directory is empty.</exception>
    public static AkkaConfigurationBuilder WithLogEnginePersistence(
        this AkkaConfigurationBuilder builder,
        string directory,
        PersistenceMode? mode = null,
        Action<AkkaPersistenceJournalBuilder>? journalBuilder = null,
        Action<AkkaPersistenceSnapshotBuilder>? snapshotBuilder = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        return builder.WithPlugins(
            mode,
            new LogEngineJournalOptions { Directory = directory },
            new LogEngineSnapshotOptions { Directory = directory },
            journalBuilder,
            snapshotBuilder);
    }

    /// <summary>
    /// The same with all settings: for several journals, or other names, durabilities and serializers.
    /// </summary>
    /// <param name="builder">The builder of the actor system.</param>
    /// <param name="journal">The journal, with a read journal that has the same identifier; null for none.</param>
    /// <param name="snapshots">The snapshot store; null for none.</param>
    /// <param name="journalBuilder">Adds event adapters and health checks to the journal.</param>
    /// <param name="snapshotBuilder">Adds health checks to the snapshot store.</param>
    /// <exception cref="ArgumentException">There is neither.</exception>
    public static AkkaConfigurationBuilder WithLogEnginePersistence(
        this AkkaConfigurationBuilder builder,
        LogEngineJournalOptions? journal,
        LogEngineSnapshotOptions? snapshots,
        Action<AkkaPersistenceJournalBuilder>? journalBuilder = null,
        Action<AkkaPersistenceSnapshotBuilder>? snapshotBuilder = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        if (journal is null && snapshots is null)
        {
            throw new ArgumentException("Neither a journal nor a snapshot store is to be set up.", nameof(journal));
        }

        if (journal is not null)
        {
            builder.WithJournal(journal, journalBuilder ?? (_ => { }));
            builder.AddHocon(
                $$"""
                akka.persistence.query.journal.{{journal.Identifier}} {
                  class = {{HoconOf.Text(typeof(LogEngineReadJournalProvider).AssemblyQualifiedName!)}}
                  write-plugin = "akka.persistence.journal.{{journal.Identifier}}"
                }
                """,
                HoconAddMode.Prepend);
        }

        if (snapshots is not null)
        {
            builder.WithSnapshot(snapshots, snapshotBuilder ?? (_ => { }));
        }

        return builder.AddHocon(LogEnginePersistence.DefaultConfiguration(), HoconAddMode.Append);
    }

    /// <summary>
    /// Hands an engine of the application's over under a name, for <see cref="LogEngineJournalOptions.Engine"/> and
    /// <see cref="LogEngineSnapshotOptions.Engine"/>.
    /// </summary>
    /// <param name="builder">The builder of the actor system.</param>
    /// <param name="name">The name.</param>
    /// <param name="engine">The engine; it belongs to the caller.</param>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    public static AkkaConfigurationBuilder WithLogEngine(
        this AkkaConfigurationBuilder builder, string name, StorageEngine engine)
    {
        ArgumentNullException.ThrowIfNull(builder);
        LogEngineSetup setup = _setups.GetValue(builder, static builder =>
        {
            LogEngineSetup added = new();
            builder.AddSetup(added);
            return added;
        });
        setup.With(name, engine);
        return builder;
    }

    private static AkkaConfigurationBuilder WithPlugins(
        this AkkaConfigurationBuilder builder,
        PersistenceMode? mode,
        LogEngineJournalOptions journal,
        LogEngineSnapshotOptions snapshots,
        Action<AkkaPersistenceJournalBuilder>? journalBuilder,
        Action<AkkaPersistenceSnapshotBuilder>? snapshotBuilder) => builder.WithLogEnginePersistence(
            mode is PersistenceMode.SnapshotStore ? null : journal,
            mode is PersistenceMode.Journal ? null : snapshots,
            journalBuilder,
            snapshotBuilder);
}
