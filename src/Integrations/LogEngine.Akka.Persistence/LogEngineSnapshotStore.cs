using Akka.Actor;
using Akka.Configuration;
using Akka.Persistence;
using Akka.Persistence.Snapshot;

namespace LogEngine.Akka.Persistence;

/// <summary>
/// The snapshot store, started by Akka.Persistence: one key for each snapshot in a keyspace of an engine.
/// </summary>
/// <remarks>
/// A snapshot that was saved is as durable as the setting <c>durability</c> says when
/// <see cref="SaveSnapshotSuccess"/> comes. It is 64 MiB at most. Another one of the same sequence number replaces it:
/// of several that an actor saves without waiting the last one stays.
/// </remarks>
public sealed class LogEngineSnapshotStore : SnapshotStore
{
    /// <summary>Snapshots that are deleted by one commit.</summary>
    private const int DeletedAtOnce = 256;

    private readonly StorageEngine _engine;
    private readonly Keyspace _keyspace;
    private readonly PayloadCodec _codec;
    private readonly Durability? _durability;

    /// <summary>Saves and deletions, in order for each persistence id.</summary>
    private readonly WorkByKey _work;

    /// <summary>For Akka.Persistence.</summary>
    /// <param name="config">The plugin's section.</param>
    /// <exception cref="ConfigurationException">The section names no engine, or a value is not known.</exception>
    public LogEngineSnapshotStore(Config config)
    {
        ArgumentNullException.ThrowIfNull(config);
        PluginSettings settings = PluginSettings.OfSnapshotStore(config);
        SystemEngines engines = SystemEngines.Of(Context.System);
        _engine = engines.Open(settings);
        _keyspace = _engine.GetStoreKeyspace($"logengine/akka/snapshots/{settings.Store}");
        _codec = new PayloadCodec((ExtendedActorSystem)Context.System, settings.Serializer);
        _durability = settings.Durability;
        _work = engines.SnapshotsOf(_engine, settings.Store);
    }

    /// <summary>
    /// Unhealthy where the engine is faulted, degraded where it says so, else as healthy as the circuit breaker says.
    /// </summary>
    /// <param name="cancellationToken">Not used.</param>
    public override Task<PersistenceHealthCheckResult> CheckHealthAsync(
        CancellationToken cancellationToken = default) =>
        EngineHealth.Of(_engine) ?? base.CheckHealthAsync(cancellationToken);

    /// <inheritdoc/>
    protected override async Task<SelectedSnapshot?> LoadAsync(
        string persistenceId, SnapshotSelectionCriteria criteria, CancellationToken cancellationToken)
    {
        await _work.WhenOver(persistenceId).WaitAsync(cancellationToken).ConfigureAwait(false);
        if (RangeOf(persistenceId, criteria) is not { } range)
        {
            return null;
        }

        // Snapshots may be large: no more are read than the criteria ask for.
        KeyScan scan = _keyspace.Scan(range with { Reverse = true, Limit = AsksForTime(criteria) ? 0 : 1 });
        await using (scan.ConfigureAwait(false))
        {
            while (await scan.MoveNextAsync(cancellationToken).ConfigureAwait(false))
            {
                SnapshotRow row = SnapshotRow.Decode(scan.Key, scan.Value);
                if (IsIn(criteria, row.Timestamp))
                {
                    return new SelectedSnapshot(
                        new SnapshotMetadata(persistenceId, JournalKeys.NumberOf(scan.Key), row.Timestamp),
                        _codec.Decode(row.Payload));
                }
            }
        }

        return null;
    }

    /// <inheritdoc/>
    protected override Task SaveAsync(
        SnapshotMetadata metadata, object snapshot, CancellationToken cancellationToken)
    {
        byte[] key = JournalKeys.Event(metadata.PersistenceId, metadata.SequenceNr);
        byte[] row = new SnapshotRow(metadata.Timestamp, _codec.Encode(snapshot)).Encode();
        return _work.RunAsync(
            metadata.PersistenceId,
            () => _keyspace.PutAsync(key, row, _durability, cancellationToken: CancellationToken.None).AsTask());
    }

    /// <inheritdoc/>
    protected override Task DeleteAsync(SnapshotMetadata metadata, CancellationToken cancellationToken)
    {
        byte[] key = JournalKeys.Event(metadata.PersistenceId, metadata.SequenceNr);
        return _work.RunAsync(
            metadata.PersistenceId,
            async () =>
            {
                using StoredValue? stored = await _keyspace.GetAsync(key, CancellationToken.None)
                    .ConfigureAwait(false);

                // Whoever names no time means any.
                return stored is not null
                    && (metadata.Timestamp == DateTime.MinValue
                        || metadata.Timestamp == SnapshotRow.Decode(key, stored.Memory.Span).Timestamp)
                    && (await _keyspace.TryDeleteAsync(key, stored.Version, _durability, CancellationToken.None)
                        .ConfigureAwait(false)).Applied;
            });
    }

    /// <inheritdoc/>
    protected override Task DeleteAsync(
        string persistenceId, SnapshotSelectionCriteria criteria, CancellationToken cancellationToken) =>
        RangeOf(persistenceId, criteria) is not { } range
            ? Task.CompletedTask
            : _work.RunAsync(
                persistenceId,
                async () =>
                {
                    if (!AsksForTime(criteria))
                    {
                        return await _keyspace
                            .DeleteRangeAsync(range.From, range.To, _durability, CancellationToken.None)
                            .ConfigureAwait(false);
                    }

                    return await DeleteByTimeAsync(range, criteria).ConfigureAwait(false);
                });

    /// <summary>How many they were. A crash on the way leaves some.</summary>
    private async Task<long> DeleteByTimeAsync(ScanRange range, SnapshotSelectionCriteria criteria)
    {
        long deleted = 0;
        WriteBatch batch = _engine.CreateBatch();
        KeyScan scan = _keyspace.Scan(range);
        await using (scan.ConfigureAwait(false))
        {
            while (await scan.MoveNextAsync().ConfigureAwait(false))
            {
                if (!IsIn(criteria, SnapshotRow.Decode(scan.Key, scan.Value).Timestamp))
                {
                    continue;
                }

                deleted++;
                batch.Delete(_keyspace, scan.Key);
                if (batch.Count == DeletedAtOnce)
                {
                    await _engine.CommitAsync(batch, _durability).ConfigureAwait(false);
                    batch = _engine.CreateBatch();
                }
            }
        }

        if (batch.Count > 0)
        {
            await _engine.CommitAsync(batch, _durability).ConfigureAwait(false);
        }

        return deleted;
    }

    /// <summary>The keys that criteria let pass by their sequence numbers; null for none.</summary>
    private static ScanRange? RangeOf(string persistenceId, SnapshotSelectionCriteria criteria) =>
        criteria.MaxSequenceNr < 0 || criteria.MinSequenceNr > criteria.MaxSequenceNr
            ? null
            : new ScanRange(
                JournalKeys.Event(persistenceId, Math.Max(0, criteria.MinSequenceNr)),
                JournalKeys.Behind(JournalKeys.Event(persistenceId, criteria.MaxSequenceNr)));

    private static bool AsksForTime(SnapshotSelectionCriteria criteria) =>
        criteria.MaxTimeStamp != DateTime.MaxValue || criteria.MinTimestamp is not null;

    private static bool IsIn(SnapshotSelectionCriteria criteria, DateTime timestamp) =>
        timestamp <= criteria.MaxTimeStamp && (criteria.MinTimestamp is not { } min || timestamp >= min);
}
