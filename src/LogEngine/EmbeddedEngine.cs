using System.Collections.Concurrent;
using LogEngine.Backups;
using LogEngine.Engine;
using LogEngine.Log;
using LogEngine.Running;
using LogEngine.Storage;
using LogEngine.Telemetry;

namespace LogEngine;

/// <summary>
/// The embedded engine: crash-safe, in one directory or in memory, in this process. It adds to the contract
/// what only such an engine has: backup, compaction, snapshots of its index, a recovery report.
/// </summary>
/// <remarks>
/// <para>
/// All members are thread-safe. Keys are held in memory, values on disk with a bounded cache in
/// front. One instance at a time has a directory open for writing.
/// </para>
/// <para>
/// The first failed write or sync stops it for good (<see cref="Faulted"/>); what was committed
/// stays readable; opening again is the cure. Guarantees: docs/durability.md; bytes: docs/format.md.
/// </para>
/// </remarks>
public sealed class EmbeddedEngine : StorageEngine
{
    private readonly EmbeddedParts _parts;
    private readonly ConcurrentDictionary<string, EmbeddedKeyspace> _keyspaces =
        new(StringComparer.Ordinal);
    private readonly StopSignal _stop;
    private volatile bool _closed;

    private EmbeddedEngine(EmbeddedParts parts)
        : base(
            parts.Options.TimeProvider,
            parts.Options.LoggerFactory,
            parts.Options.DefaultDurability)
    {
        _parts = parts;
        _stop = new StopSignal(LoggerFactory);
        if (!parts.IsReadOnly)
        {
            EngineMetrics.Enter(
                this, parts.Directory, () => Statistics, () => Faulted.IsCompletedSuccessfully);
            _stop.GiveWhen(Faulted);
        }
    }

    /// <summary>What opening found, chose, replayed and dropped.</summary>
    public RecoveryReport Recovery => _parts.Report;

    /// <summary>Everything up to it survives a power loss.</summary>
    public long DurableSequence => _parts.DurableSequence;

    /// <summary>Sequence of the last write that readers see.</summary>
    public long VisibleSequence => _parts.State.Published;

    /// <summary>Counters since opening, and the present shape; a moment's picture.</summary>
    /// <exception cref="ObjectDisposedException">The engine is closed.</exception>
    public EmbeddedStatistics Statistics
    {
        get
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            return _parts.Statistics;
        }
    }

    /// <summary>
    /// The live segments, oldest first, and what is live and dead in each. From memory: no file is read. A
    /// segment without any record yet is not among them.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The engine is closed.</exception>
    public IReadOnlyList<SegmentUse> GetSegments()
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        return _parts.Segments;
    }

    /// <summary>The same as <see cref="Statistics"/>, which does not wait for anybody.</summary>
    /// <inheritdoc/>
    public override ValueTask<EngineStatistics> GetStatisticsAsync(
        CancellationToken cancellationToken = default) => new(Statistics);

    /// <inheritdoc/>
    public override Guid? StoreId => Recovery.StoreId;

    /// <inheritdoc/>
    public override string? Degradation => Statistics.MaintenanceFailure;

    /// <inheritdoc/>
    public override CommitStatistics? Commits
    {
        get
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            return _parts.Commits;
        }
    }

    /// <inheritdoc/>
    public override EngineCapabilities Capabilities =>
        _parts.IsReadOnly ? s_capabilities with { CanWatch = false } : s_capabilities;

    /// <inheritdoc/>
    public override Task<StorageFaultedException> Faulted => _parts.Faulted;

    /// <inheritdoc/>
    public override CancellationToken Stopping => _stop.Token;

    internal EngineReads Reads => _parts.Reads;

    internal RootFacts Facts => _parts.State.Facts;

    /// <summary>The way of writes.</summary>
    /// <exception cref="StorageReadOnlyException">The engine was opened read-only.</exception>
    internal EngineWriter Writer
    {
        get
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            return _parts.Writer ?? throw _parts.ReadOnly();
        }
    }

    internal override int ChunkBytes => Writer.Chunks.ChunkBytes;

    /// <summary>The parts that write.</summary>
    /// <exception cref="StorageReadOnlyException">The engine was opened read-only.</exception>
    internal EngineLifetime Lifetime => _parts.Lifetime;

    private static readonly EngineCapabilities s_capabilities = new()
    {
        IsShared = false,
        SurvivesMachineLoss = false,
        LeasesOutliveProcess = false,
        LooksWithoutIO = true,
        CanWatch = true,
        PutsSequencedKeys = true,
        VersionsFollowCommits = true,
        HasLastingViews = true,
        MaxValueBytes = MaxValueBytes,
    };

    /// <summary>Opens one on the real file system.</summary>
    internal static async ValueTask<EmbeddedEngine> OpenCoreAsync(
        string directory, StorageEngineOptions? options, CancellationToken cancellationToken) =>
        new(await EmbeddedParts.OpenAsync(directory, options ?? new(), cancellationToken)
            .ConfigureAwait(false));

    /// <summary>Opens one on a disk in memory.</summary>
    internal static EmbeddedEngine OpenInMemoryCore(StorageEngineOptions? options) =>
        new(EmbeddedParts.OpenInMemory(options ?? new()));

    /// <summary>Opens one on a given disk and scheduler.</summary>
    internal static async ValueTask<EmbeddedEngine> OpenAsync(
        LogEnvironment environment,
        string directory,
        StorageEngineOptions? options,
        CancellationToken cancellationToken) =>
        new(await EmbeddedParts.OpenAsync(
            environment, directory, options ?? new(), null, cancellationToken)
            .ConfigureAwait(false));

    /// <summary>
    /// Makes an engine's directory of a backup; <see cref="StorageEngine.OpenAsync"/> opens it then. The
    /// backup is only read.
    /// </summary>
    /// <remarks>
    /// Every byte is verified. Until it returns the directory cannot be opened, and where it throws
    /// nothing is left in it; after a crash remove the directory and start again. The copy is the
    /// same store: do not let it and the original go on as if they were one.
    /// </remarks>
    /// <param name="backup">The directory that <see cref="BackupAsync"/> wrote.</param>
    /// <param name="directory">Where to: missing, or empty.</param>
    /// <param name="progress">Told about every MiB.</param>
    /// <param name="cancellationToken">Stops it; nothing is left.</param>
    /// <returns>What was restored.</returns>
    /// <exception cref="StorageNotFoundException">There is no complete backup.</exception>
    /// <exception cref="WrongStoreKindException">It holds a store, not a backup.</exception>
    /// <exception cref="CorruptionException">The backup is damaged.</exception>
    /// <exception cref="IncompatibleFormatException">A newer version wrote it.</exception>
    /// <exception cref="DirectoryNotEmptyException">The directory holds files.</exception>
    /// <exception cref="StorageFullException">No space for the copy.</exception>
    /// <exception cref="StorageIOException">The operating system refused a call.</exception>
    public static ValueTask<BackupReport> RestoreAsync(
        string backup,
        string directory,
        IProgress<BackupProgress>? progress = null,
        CancellationToken cancellationToken = default) => Restorer.RunAsync(
            LogEnvironment.Real, StoreKind.Engine, backup, directory, progress, cancellationToken);

    /// <inheritdoc/>
    public override EmbeddedKeyspace GetKeyspace(string name)
    {
        CheckOwnName(name);
        return OpenKeyspace(name);
    }

    /// <inheritdoc/>
    public override EmbeddedKeyspace GetStoreKeyspace(string name)
    {
        CheckStoreName(name);
        return OpenKeyspace(name);
    }

    /// <summary>A keyspace by its name, whoever's it is.</summary>
    internal EmbeddedKeyspace OpenKeyspace(string name)
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        CheckName(name, nameof(name));
        return _keyspaces.GetOrAdd(
            name, static (name, engine) => new EmbeddedKeyspace(engine, name), this);
    }

    /// <summary>Names of the keyspaces that exist, in ordinal order.</summary>
    /// <exception cref="ObjectDisposedException">The engine is closed.</exception>
    public IReadOnlyList<string> ListKeyspaces()
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        return NamesOf(Facts);
    }

    /// <inheritdoc/>
    public override ValueTask<IReadOnlyList<string>> ListKeyspacesAsync(
        CancellationToken cancellationToken = default) => new(ListKeyspaces());

    /// <inheritdoc/>
    public override ValueTask<bool> DropKeyspaceAsync(
        string name,
        Durability? durability = null,
        CancellationToken cancellationToken = default)
    {
        Durability level = LevelOf(durability);
        return Writer.Batches.DropAsync(OpenKeyspace(name).Id, level, cancellationToken);
    }

    /// <inheritdoc/>
    public override long NextRandom() => unchecked((long)_parts.NextRandom());

    /// <inheritdoc/>
    public override WriteBatch CreateBatch()
    {
        RequireWriting();
        return base.CreateBatch();
    }

    /// <summary>The engine as it is now, for as long as the view is open. Cheap.</summary>
    /// <exception cref="ObjectDisposedException">The engine is closed.</exception>
    public EmbeddedReadView OpenReadView() => new(this, Reads.Pin());

    /// <inheritdoc/>
    public override ValueTask<ReadView> OpenReadViewAsync(
        CancellationToken cancellationToken = default) => new(OpenReadView());

    /// <summary>
    /// Writes a snapshot of the index now: an open after it replays only what was written later.
    /// Writing and reading go on meanwhile.
    /// </summary>
    /// <param name="cancellationToken">Cancels before it is begun.</param>
    /// <returns>The sequence that it stands for.</returns>
    /// <exception cref="StorageFullException">No space; the older snapshots stay.</exception>
    /// <exception cref="StorageIOException">A file call failed; the older snapshots stay.</exception>
    /// <exception cref="StorageFaultedException">A write or a sync failed, now or before.</exception>
    /// <exception cref="ObjectDisposedException">The engine is closed.</exception>
    public ValueTask<long> SnapshotAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        return new ValueTask<long>(Lifetime.Maintenance.SnapshotAsync(cancellationToken));
    }

    /// <summary>
    /// Rewrites the live values of all segments that hold dead ones, and frees these; their space is
    /// free when it returns. Writing and reading go on meanwhile.
    /// </summary>
    /// <param name="progress">Told now and then.</param>
    /// <param name="cancellationToken">Ends it between two steps; what was done stays.</param>
    /// <returns>Bytes of files that were freed.</returns>
    /// <exception cref="CorruptionException">A live value cannot be read; its segment is kept.</exception>
    /// <exception cref="StorageFullException">No space for relocations or a snapshot.</exception>
    /// <exception cref="StorageIOException">A file call failed.</exception>
    /// <exception cref="StorageFaultedException">A write or a sync failed, now or before.</exception>
    /// <exception cref="ObjectDisposedException">The engine is closed.</exception>
    public ValueTask<long> CompactAsync(
        IProgress<CompactionProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        return new ValueTask<long>(Lifetime.Maintenance.CompactAsync(
            GuardedProgress<CompactionProgress>.Of(progress, LoggerFactory), cancellationToken));
    }

    /// <summary>
    /// Copies the engine into a directory, durable on return, while reading and writing go on: all
    /// that was visible before the call, and no part of a batch. <see cref="RestoreAsync(string,
    /// string, IProgress{BackupProgress}?, CancellationToken)"/> makes an engine of it again.
    /// </summary>
    /// <remarks>
    /// <para>
    /// Into an older backup of the same store only what is new is copied, and the older one stays
    /// valid until the new one is complete. Every byte that is copied is verified, so damage is never
    /// backed up. Files are copied, never linked.
    /// </para>
    /// <para>
    /// Segments that are freed meanwhile keep their space until the backup ends. One backup runs at a
    /// time, further ones wait. Closing the engine stops it. An engine in memory is backed up to the
    /// disk.
    /// </para>
    /// </remarks>
    /// <param name="directory">
    /// Missing, empty, or an older backup of this store; not in the engine's own directory.
    /// </param>
    /// <param name="progress">Told about every MiB.</param>
    /// <param name="cancellationToken">Stops it; the older backup stays as it is.</param>
    /// <returns>What was copied, and up to which sequence.</returns>
    /// <exception cref="ArgumentException">The directory is the engine's own.</exception>
    /// <exception cref="DirectoryNotEmptyException">It holds files, and no backup.</exception>
    /// <exception cref="WrongStoreKindException">It holds a store, or another one's backup.</exception>
    /// <exception cref="DirectoryLockedException">A backup is being written into it.</exception>
    /// <exception cref="CorruptionException">
    /// A file of the engine, or the older backup's manifest, is damaged.
    /// </exception>
    /// <exception cref="StorageFullException">No space; the older backup stays as it is.</exception>
    /// <exception cref="StorageIOException">A file call failed; the older backup stays.</exception>
    /// <exception cref="StorageFaultedException">The log can not be synced any more.</exception>
    /// <exception cref="ObjectDisposedException">The engine is closed.</exception>
    public ValueTask<BackupReport> BackupAsync(
        string directory,
        IProgress<BackupProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        ArgumentException.ThrowIfNullOrEmpty(directory);
        return new ValueTask<BackupReport>(_parts.Backups.RunAsync(
            Path.GetFullPath(directory),
            GuardedProgress<BackupProgress>.Of(progress, LoggerFactory),
            cancellationToken));
    }

    /// <inheritdoc/>
    public override ValueTask FlushAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        return WaitDurableAsync(VisibleSequence, cancellationToken);
    }

    /// <summary>Completes once a version survives a power loss; forces the sync.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is negative or has not been given yet.</exception>
    /// <inheritdoc cref="FlushAsync"/>
    public ValueTask WaitDurableAsync(
        long sequence, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        ArgumentOutOfRangeException.ThrowIfNegative(sequence);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(sequence, _parts.LastSequence);
        return sequence <= DurableSequence
            ? ValueTask.CompletedTask
            : Lifetime.Log.Writer.WaitDurableAsync(sequence, cancellationToken);
    }

    /// <summary>
    /// Takes no more writes, completes those taken, makes everything durable, seals the log and lets
    /// go of the directory. Idempotent: further calls wait for the first. Views and scans that are
    /// still open fail from then on.
    /// </summary>
    /// <exception cref="StorageFaultedException">
    /// The engine is faulted, or its last sync failed: what was not acknowledged may be lost.
    /// </exception>
    public override ValueTask CloseAsync()
    {
        _closed = true;
        EngineMetrics.Leave(this);
        _stop.Give();
        return new ValueTask(_parts.CloseAsync());
    }

    /// <summary>
    /// As <see cref="CloseAsync"/>, but a fault that a caller has seen already is not thrown again.
    /// </summary>
    public override async ValueTask DisposeAsync()
    {
        bool seen = _closed || _parts.FaultReported;
        try
        {
            await CloseAsync().ConfigureAwait(false);
        }
        catch (StorageFaultedException) when (seen)
        {
            // Reported before, by the write, flush or close that met it.
        }
    }

    /// <inheritdoc/>
    protected override ValueTask<CommitResult> CommitCoreAsync(
        WriteBatch batch, Durability durability, CancellationToken cancellationToken) =>
        Writer.Batches.CommitAsync(batch.Content, durability, cancellationToken);

    internal static IReadOnlyList<string> NamesOf(RootFacts facts) =>
        [.. facts.Keyspaces.Names.Order(StringComparer.Ordinal)];

    internal long CountOf(EmbeddedKeyspace keyspace)
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        return keyspace.Id.CountIn(Facts);
    }

    /// <summary>Refuses at once what a commit would refuse later.</summary>
    private EngineWriter RequireWriting() => Writer;
}
