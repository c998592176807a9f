using System.Collections.Immutable;
using Akka.Actor;
using Akka.Configuration;
using Akka.Persistence;
using Akka.Persistence.Journal;

namespace LogEngine.Akka.Persistence;

/// <summary>
/// The write journal, started by Akka.Persistence: an actor that hands what persistent actors persist to an engine,
/// without waiting for one before the next. Events of actors that persist at the same time share commits.
/// </summary>
/// <remarks>
/// A handler of <c>Persist</c> runs once its event is as durable as the setting <c>durability</c> says. The events of
/// one <c>PersistAll</c> are written all or none; so are those of several calls that Akka sends together, as long as
/// they are up to 16 MiB. An event that cannot be serialized, is larger than 64 MiB with all that it must be written
/// with, or has a tag that is too long is rejected.
/// </remarks>
public sealed class LogEngineJournal : AsyncWriteJournal
{
    private readonly StorageEngine _engine;
    private readonly JournalStore _store;

    /// <summary>For Akka.Persistence.</summary>
    /// <param name="config">The plugin's section.</param>
    /// <exception cref="ConfigurationException">The section names no engine, or a value is not known.</exception>
    public LogEngineJournal(Config config)
    {
        ArgumentNullException.ThrowIfNull(config);
        PluginSettings settings = PluginSettings.OfJournal(config);
        SystemEngines engines = SystemEngines.Of(Context.System);
        _engine = engines.Open(settings);
        _store = new JournalStore(
            _engine,
            engines.JournalOf(_engine, settings.Store),
            new PayloadCodec((ExtendedActorSystem)Context.System, settings.Serializer),
            settings.Durability,
            settings.KeepsAllEvents);
    }

    /// <inheritdoc/>
    public override Task ReplayMessagesAsync(
        IActorContext context,
        string persistenceId,
        long fromSequenceNr,
        long toSequenceNr,
        long max,
        Action<IPersistentRepresentation> recoveryCallback) =>
        _store.ReplayAsync(persistenceId, fromSequenceNr, toSequenceNr, max, recoveryCallback);

    /// <inheritdoc/>
    public override Task<long> ReadHighestSequenceNrAsync(
        string persistenceId, long fromSequenceNr, CancellationToken cancellationToken) =>
        _store.ReadHighestAsync(persistenceId, cancellationToken);

    /// <summary>
    /// Unhealthy where the engine is faulted, degraded where it says so, else as healthy as the circuit breaker says.
    /// </summary>
    /// <param name="cancellationToken">Not used.</param>
    public override Task<PersistenceHealthCheckResult> CheckHealthAsync(
        CancellationToken cancellationToken = default) =>
        EngineHealth.Of(_engine) ?? base.CheckHealthAsync(cancellationToken);

    /// <inheritdoc/>
    /// <remarks>Where Akka stops waiting the write goes on, and a recovery of the actor waits for it.</remarks>
    protected override Task<IImmutableList<Exception?>?> WriteMessagesAsync(
        IEnumerable<AtomicWrite> messages, CancellationToken cancellationToken) => _store.WriteAsync(messages);

    /// <inheritdoc/>
    protected override Task DeleteMessagesToAsync(
        string persistenceId, long toSequenceNr, CancellationToken cancellationToken) =>
        _store.DeleteAsync(persistenceId, toSequenceNr);
}
