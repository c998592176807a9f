using System.Runtime.CompilerServices;
using LogEngine.Awaiting;
using LogEngine.Backups;
using LogEngine.Engine;
using LogEngine.Log;
using LogEngine.Recovery;
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
    /// <summary>Null where it is open read-only; then the other one is not.</summary>
    private readonly EngineLifetime? _lifetime;
    private readonly ReadOnlyEngine? _readOnly;
    private readonly BackupRuns? _backups;
    private readonly CommittedIndex _state;
    private readonly Dictionary<string, EmbeddedKeyspace> _keyspaces = new(StringComparer.Ordinal);
    private readonly Func<ulong> _nextRandom;
    private readonly CancellationTokenSource _stopping = new();
    private volatile bool _closed;

    /// <summary>That this process has the directory open; null where nobody can be refused for it.</summary>
    private IDisposable? _entry;

    /// <param name="lifetime">The open engine.</param>
    /// <param name="environment">The file system it is on, and its chance.</param>
    /// <param name="backupFiles">The file system that backups go to.</param>
    /// <param name="directory">Its directory, for those who measure it.</param>
    /// <param name="options">What it was opened with.</param>
    private EmbeddedEngine(
        EngineLifetime lifetime,
        LogEnvironment environment,
        IFileSystem backupFiles,
        string directory,
        StorageEngineOptions options)
        : base(options.TimeProvider, options.LoggerFactory, options.DefaultDurability)
    {
        _nextRandom = environment.NextRandom;
        _lifetime = lifetime;
        _state = lifetime.State;
        _backups = new BackupRuns(
            BackupSource.Of(lifetime),
            backupFiles,
            isOwnDisk: ReferenceEquals(environment.Files, backupFiles));
        Reads = lifetime.Reads;
        EngineMetrics.Enter(this, directory, () => Statistics);
        _ = StopWhenFaultedAsync();
    }

    private EmbeddedEngine(
        ReadOnlyEngine readOnly, LogEnvironment environment, StorageEngineOptions options)
        : base(options.TimeProvider, options.LoggerFactory, options.DefaultDurability)
    {
        _nextRandom = environment.NextRandom;
        _readOnly = readOnly;
        _state = readOnly.State;
        Reads = readOnly.Reads;
    }

    /// <summary>What opening found, chose, replayed and dropped.</summary>
    public RecoveryReport Recovery => _readOnly?.Report ?? Lifetime.Log.Report;

    /// <summary>Everything up to it survives a power loss.</summary>
    public long DurableSequence => _lifetime?.Log.Writer.View.Durable ?? _state.Published;

    /// <summary>Sequence of the last write that readers see.</summary>
    public long VisibleSequence => _state.Published;

    /// <summary>Counters since opening, and the present shape; a moment's picture.</summary>
    /// <exception cref="ObjectDisposedException">The engine is closed.</exception>
    public EngineStatistics Statistics
    {
        get
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            return _readOnly?.TakeStatistics() ?? Lifetime.TakeStatistics();
        }
    }

    /// <inheritdoc/>
    public override string? Degradation => Statistics.MaintenanceFailure;

    /// <inheritdoc/>
    public override EngineCapabilities Capabilities => s_capabilities;

    /// <inheritdoc/>
    public override Task<StorageFaultedException> Faulted =>
        _lifetime?.Log.Writer.Committer.Fault.Faulted ?? NeverFaulted.Task;

    /// <inheritdoc/>
    public override CancellationToken Stopping => _stopping.Token;

    internal EngineReads Reads { get; }

    internal RootFacts Facts => _state.Facts;

    /// <summary>The way of writes.</summary>
    internal EngineWriter Writer
    {
        get
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            return Lifetime.Writer;
        }
    }

    internal override int ChunkBytes => Writer.Chunks.ChunkBytes;

    /// <summary>The parts that write.</summary>
    /// <exception cref="StorageReadOnlyException">The engine was opened read-only.</exception>
    internal EngineLifetime Lifetime =>
        _lifetime ?? throw new StorageReadOnlyException(_readOnly!.Report.Directory);

    private static TaskCompletionSource<StorageFaultedException> NeverFaulted { get; } = new();

    private static readonly EngineCapabilities s_capabilities = new()
    {
        IsShared = false,
        SurvivesMachineLoss = false,
        LeasesOutliveProcess = false,
        LooksWithoutIO = true,
        HasLastingViews = true,
        MaxValueBytes = MaxValueBytes,
    };

    /// <summary>Opens one on the real file system.</summary>
    internal static async ValueTask<EmbeddedEngine> OpenCoreAsync(
        string directory, StorageEngineOptions? options, CancellationToken cancellationToken)
    {
        options ??= new StorageEngineOptions();
        try
        {
            EmbeddedEngine engine = await OpenAsync(
                LogEnvironment.Real, directory, options, cancellationToken).ConfigureAwait(false);
            if (!options.ReadOnly)
            {
                engine._entry = OpenDirectories.Enter(
                    Path.GetFullPath(directory), nameof(StorageEngine), options.TimeProvider);
            }

            return engine;
        }
        catch (DirectoryLockedException refusal)
        {
            throw OpenDirectories.Explain(refusal);
        }
    }

    /// <summary>Opens one on a disk in memory.</summary>
    internal static EmbeddedEngine OpenInMemoryCore(StorageEngineOptions? options)
    {
        options ??= new StorageEngineOptions();
        options.Validate();
        if (options.ReadOnly)
        {
            throw new ArgumentException(
                "An engine in memory is empty at first: read-only it would stay so.",
                nameof(options));
        }

        LogEnvironment environment = LogEnvironment.InMemory();
        return new EmbeddedEngine(
            EngineLifetime.Open(environment, "/memory", options),
            environment,
            LogEnvironment.Real.Files,
            "/memory",
            options);
    }

    /// <summary>The same on a given disk and scheduler.</summary>
    internal static async ValueTask<EmbeddedEngine> OpenAsync(
        LogEnvironment environment,
        string directory,
        StorageEngineOptions? options,
        CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        options ??= new StorageEngineOptions();
        options.Validate();
        string path = Path.GetFullPath(directory);
        if (options.ReadOnly)
        {
            ReadOnlyEngine readOnly = await environment.Scheduler
                .Run(() => ReadOnlyEngine.Open(environment, path, options), cancellationToken)
                .ConfigureAwait(false);
            return new EmbeddedEngine(readOnly, environment, options);
        }

        EngineLifetime lifetime = await EngineLifetime.OpenAsync(
            environment, path, options, cancellationToken).ConfigureAwait(false);
        return new EmbeddedEngine(lifetime, environment, environment.Files, path, options);
    }

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
        CancellationToken cancellationToken = default) => RestoreAsync(
            LogEnvironment.Real, backup, directory, progress, cancellationToken);

    /// <summary>The same on a given disk and scheduler.</summary>
    internal static ValueTask<BackupReport> RestoreAsync(
        LogEnvironment environment,
        string backup,
        string directory,
        IProgress<BackupProgress>? progress,
        CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(backup);
        ArgumentException.ThrowIfNullOrEmpty(directory);
        string from = Path.GetFullPath(backup);
        string to = Path.GetFullPath(directory);
        return new ValueTask<BackupReport>(environment.Scheduler.Run(
            () => Restorer.Run(
                environment.Files, from, to, StoreKind.Engine, progress, cancellationToken),
            cancellationToken));
    }

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
        lock (_keyspaces)
        {
            if (!_keyspaces.TryGetValue(name, out EmbeddedKeyspace? keyspace))
            {
                keyspace = new EmbeddedKeyspace(this, name);
                _keyspaces.Add(name, keyspace);
            }

            return keyspace;
        }
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
    public override async ValueTask<bool> DropKeyspaceAsync(
        string name,
        Durability? durability = null,
        CancellationToken cancellationToken = default)
    {
        Durability level = LevelOf(durability);
        _ = Writer;
        EmbeddedKeyspace keyspace = OpenKeyspace(name);
        if (!keyspace.Id.TryResolve(Facts, out _))
        {
            return false;
        }

        WriteBatch batch = CreateBatch();
        batch.Drop(keyspace);
        await CommitTakenAsync(batch, level, cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <inheritdoc/>
    public override long NextRandom() => unchecked((long)_nextRandom());

    /// <inheritdoc/>
    public override WriteBatch CreateBatch()
    {
        _ = Writer;
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
        _ = Lifetime;
        return new ValueTask<BackupReport>(_backups!.RunAsync(
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
        ArgumentOutOfRangeException.ThrowIfGreaterThan(
            sequence, _lifetime?.Log.Writer.LastSequence ?? _state.Published);
        if (sequence <= DurableSequence)
        {
            return ValueTask.CompletedTask;
        }

        Task wait = Lifetime.Scheduler.Until(
            Lifetime.Log.Writer.Committer.WaitDurableAsync(sequence));
        return new ValueTask(wait.IsCompleted ? wait : wait.WaitAsync(cancellationToken));
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
        _ = StopAsync();
        return new ValueTask(CloseCoreAsync());
    }

    /// <summary>
    /// As <see cref="CloseAsync"/>, but a fault that a caller has seen already is not thrown again.
    /// </summary>
    public override async ValueTask DisposeAsync()
    {
        bool seen = _closed || _lifetime?.Log.Writer.FaultReported == true;
        try
        {
            await CloseAsync().ConfigureAwait(false);
        }
        catch (StorageFaultedException) when (seen)
        {
            // Reported before, by the write, flush or close that met it.
        }
    }

    private async Task StopWhenFaultedAsync()
    {
        await Faulted.ConfigureAwait(false);
        await StopAsync().ConfigureAwait(false);
    }

    /// <summary>Nobody waits for it: what others registered must not hold up a close.</summary>
    private async Task StopAsync()
    {
        try
        {
            await _stopping.CancelAsync().ConfigureAwait(false);
        }
        catch (AggregateException error)
        {
            LogEvents.CallbackFailed(
                LogCategories.Create(LoggerFactory, LogCategories.Engine), nameof(Stopping), error);
        }
    }

    private async Task CloseCoreAsync()
    {
        if (_readOnly is not null)
        {
            _readOnly.Close();
            return;
        }

        // A backup reads files that the next writer may recycle.
        await _backups!.StopAsync().ConfigureAwait(false);
        try
        {
            await Lifetime.CloseAsync().ConfigureAwait(false);
        }
        finally
        {
            _entry?.Dispose();
        }
    }

    internal static IReadOnlyList<string> NamesOf(RootFacts facts) =>
        [.. facts.Keyspaces.Names.Order(StringComparer.Ordinal)];

    internal long CountOf(EmbeddedKeyspace keyspace)
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        return keyspace.Id.CountIn(Facts);
    }

    internal async ValueTask<long> PutByBatchAsync(
        EmbeddedKeyspace keyspace,
        ReadOnlyMemory<byte> key,
        ReadOnlyMemory<byte> value,
        Durability durability,
        DateTimeOffset? expiresAt,
        CancellationToken cancellationToken)
    {
        WriteBatch batch = CreateBatch();
        batch.Put(keyspace, key.Span, value.Span, expiresAt);
        CommitResult result = await CommitTakenAsync(batch, durability, cancellationToken)
            .ConfigureAwait(false);
        return result.Sequences.First;
    }

    internal async ValueTask<long> DeleteByBatchAsync(
        EmbeddedKeyspace keyspace,
        ReadOnlyMemory<byte> key,
        Durability durability,
        CancellationToken cancellationToken)
    {
        WriteBatch batch = CreateBatch();
        batch.Delete(keyspace, key.Span);
        CommitResult result = await CommitTakenAsync(batch, durability, cancellationToken)
            .ConfigureAwait(false);
        return result.Sequences.First;
    }

    /// <summary>Creates the keyspaces that it needs first.</summary>
    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    protected override async ValueTask<CommitResult> CommitCoreAsync(
        WriteBatch batch, Durability durability, CancellationToken cancellationToken)
    {
        EngineWriter writer = Writer;
        CommitOutcome outcome;
        do
        {
            // Again where a keyspace was dropped on the way: the batch comes after the drop then.
            RootFacts facts = await CreateMissingAsync(writer, batch, cancellationToken)
                .ConfigureAwait(false);
            Condition[]? conditions = batch.Resolve(facts);
            outcome = await writer.CommitAsync(
                batch.Operations, batch.Large, conditions, durability, cancellationToken)
                .ConfigureAwait(false);
        }
        while (outcome.IsStale);
        if (outcome.FailedCondition < 0)
        {
            return new CommitResult(true, outcome.Sequences, null);
        }

        (Keyspace failed, byte[] failedKey, long required) =
            batch.Conditions[outcome.FailedCondition];
        return new CommitResult(
            false,
            default,
            new Conflict(failed.Name, failedKey, required, outcome.ActualVersion));
    }

    /// <summary>Creates the keyspaces of a batch that do not exist; gives facts that know them all.</summary>
    private async ValueTask<RootFacts> CreateMissingAsync(
        EngineWriter writer, WriteBatch batch, CancellationToken cancellationToken)
    {
        while (true)
        {
            RootFacts facts = Facts;
            if (batch.MissingIn(facts) is not { } missing)
            {
                return facts;
            }

            await writer.CreateKeyspacesAsync(missing, cancellationToken).ConfigureAwait(false);
        }
    }

}
