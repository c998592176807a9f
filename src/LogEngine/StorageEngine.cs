using System.Runtime.CompilerServices;
using System.Text;
using LogEngine.Awaiting;
using LogEngine.Backups;
using LogEngine.Engine;
using LogEngine.Format;
using LogEngine.Log;
using LogEngine.Recovery;
using LogEngine.Storage;
using LogEngine.Telemetry;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace LogEngine;

/// <summary>
/// An embedded, crash-safe, ordered key-value engine: keyspaces of byte keys in one directory, atomic
/// batches across them, consistent reads.
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
public sealed class StorageEngine : IAsyncDisposable, IDisposable
{
    /// <summary>Most bytes of a key: 2,048.</summary>
    public const int MaxKeyBytes = FormatLimits.MaxKeyBytes;

    /// <summary>Most bytes of a value, and of a batch's values together: 64 MiB.</summary>
    public const int MaxValueBytes = LogBatch.MaxPayloadBytes;

    /// <summary>Most UTF-8 bytes of a keyspace's name: 1,024.</summary>
    public const int MaxNameBytes = FormatLimits.MaxNameBytes;

    /// <summary>Null where it is open read-only; then the other one is not.</summary>
    private readonly EngineLifetime? _lifetime;
    private readonly ReadOnlyEngine? _readOnly;
    private readonly BackupRuns? _backups;
    private readonly CommittedIndex _state;
    private readonly Dictionary<string, Keyspace> _keyspaces = new(StringComparer.Ordinal);
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
    private StorageEngine(
        EngineLifetime lifetime,
        LogEnvironment environment,
        IFileSystem backupFiles,
        string directory,
        StorageEngineOptions options)
    {
        LoggerFactory = options.LoggerFactory ?? NullLoggerFactory.Instance;
        _nextRandom = environment.NextRandom;
        _lifetime = lifetime;
        _state = lifetime.State;
        _backups = new BackupRuns(
            lifetime, backupFiles, isOwnDisk: ReferenceEquals(environment.Files, backupFiles));
        Reads = lifetime.Reads;
        EngineMetrics.Enter(this, directory, () => Statistics);
        _ = StopWhenFaultedAsync();
    }

    private StorageEngine(
        ReadOnlyEngine readOnly, LogEnvironment environment, StorageEngineOptions options)
    {
        LoggerFactory = options.LoggerFactory ?? NullLoggerFactory.Instance;
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

    /// <summary>The clock it was opened with.</summary>
    public TimeProvider TimeProvider => Reads.Time;

    /// <summary>Where it logs, and the stores on it; one that logs nothing where none was named.</summary>
    public ILoggerFactory LoggerFactory { get; }

    /// <summary>Completes with the first fault; never otherwise.</summary>
    public Task<EngineFaultedException> Faulted =>
        _lifetime?.Log.Writer.Committer.Fault.Faulted ?? NeverFaulted.Task;

    /// <summary>
    /// Ends when the engine is being closed, or is faulted: it takes no more writes, so whoever
    /// waits for what only a write can bring should wait no longer. What is registered on it runs
    /// on the pool, and what that throws is logged.
    /// </summary>
    public CancellationToken Stopping => _stopping.Token;

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

    internal int ChunkBytes => Writer.Chunks.ChunkBytes;

    /// <summary>The parts that write.</summary>
    /// <exception cref="ReadOnlyException">The engine was opened read-only.</exception>
    internal EngineLifetime Lifetime =>
        _lifetime ?? throw new ReadOnlyException(_readOnly!.Report.Directory);

    private static TaskCompletionSource<EngineFaultedException> NeverFaulted { get; } = new();

    /// <summary>
    /// Opens an engine, creating or recovering it. What it shows after that is durable.
    /// </summary>
    /// <param name="directory">The engine's directory; nothing else should live in it.</param>
    /// <param name="options">Options; all defaults where null.</param>
    /// <param name="cancellationToken">Cancels the wait for the lock, and opening before it writes.</param>
    /// <exception cref="DirectoryLockedException">It is open for writing elsewhere.</exception>
    /// <exception cref="CorruptionException">Something durable is damaged or missing.</exception>
    /// <exception cref="IncompatibleFormatException">A newer version wrote it.</exception>
    /// <exception cref="WrongStoreKindException">It holds another kind of store.</exception>
    /// <exception cref="NotFoundException">There is none, and none is to be created.</exception>
    /// <exception cref="StorageFullException">No space to open it for writing.</exception>
    /// <exception cref="StorageIOException">The operating system refused a call.</exception>
    public static async ValueTask<StorageEngine> OpenAsync(
        string directory,
        StorageEngineOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        options ??= new StorageEngineOptions();
        try
        {
            StorageEngine engine = await OpenAsync(
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

    /// <summary>
    /// Opens an empty engine in memory: the same engine with the same contract, on a disk that is
    /// gone when it is closed. For tests, and for what need not outlive the process.
    /// </summary>
    /// <param name="options">Options; all defaults where null.</param>
    public static StorageEngine OpenInMemory(StorageEngineOptions? options = null)
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
        return new StorageEngine(
            EngineLifetime.Open(environment, "/memory", options),
            environment,
            LogEnvironment.Real.Files,
            "/memory",
            options);
    }

    /// <summary>The same on a given disk and scheduler.</summary>
    internal static async ValueTask<StorageEngine> OpenAsync(
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
            return new StorageEngine(readOnly, environment, options);
        }

        EngineLifetime lifetime = await EngineLifetime.OpenAsync(
            environment, path, options, cancellationToken).ConfigureAwait(false);
        return new StorageEngine(lifetime, environment, environment.Files, path, options);
    }

    /// <summary>
    /// Makes an engine's directory of a backup; <see cref="OpenAsync(string, StorageEngineOptions?,
    /// CancellationToken)"/> opens it then. The backup is only read.
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
    /// <exception cref="NotFoundException">There is no complete backup.</exception>
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
            () => Restorer.Run(environment.Files, from, to, progress, cancellationToken),
            cancellationToken));
    }

    /// <summary>
    /// A keyspace by its name. It need not exist: it is created by its first write, and until then
    /// reads as empty. The same name gives the same object.
    /// </summary>
    /// <param name="name">1 to 1,024 bytes of UTF-8; any characters but unpaired surrogates.</param>
    /// <exception cref="ArgumentException">The name is empty, too long or not valid text.</exception>
    /// <exception cref="ReservedNameException">
    /// It begins as the names of stores do (<see cref="IsReservedName"/>).
    /// </exception>
    /// <exception cref="ObjectDisposedException">The engine is closed.</exception>
    public Keyspace GetKeyspace(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return KeyspaceRules.ReservedPrefixOf(name) is { } prefix
            ? throw new ReservedNameException(name, prefix, nameof(name))
            : OpenKeyspace(name);
    }

    /// <summary>
    /// A keyspace that a store keeps its bytes in, by its full name: for those who write a store, or
    /// look at what one holds. What is written into it must be as the store writes it; what is not, the
    /// store refuses with an <see cref="Stores.UndecodableValueException"/> when it meets it.
    /// </summary>
    /// <param name="name">1 to 1,024 bytes of UTF-8; <see cref="IsReservedName"/> is true of it.</param>
    /// <exception cref="ArgumentException">
    /// The name is empty, too long, not valid text, or not reserved for stores.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The engine is closed.</exception>
    public Keyspace GetStoreKeyspace(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return IsReservedName(name)
            ? OpenKeyspace(name)
            : throw new ArgumentException(
                $"Keyspace '{name}' is no store's; {nameof(GetKeyspace)} gives it.", nameof(name));
    }

    /// <summary>
    /// Whether a keyspace's name is reserved for stores: it begins with <c>blobs/</c>,
    /// <c>checkpoints/</c>, <c>documents/</c>, <c>queue/</c>, <c>runs/</c> or <c>topic/</c>, or with
    /// <c>logengine/</c>, which is kept for stores to come.
    /// </summary>
    /// <param name="name">The name.</param>
    public static bool IsReservedName(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return KeyspaceRules.ReservedPrefixOf(name) is not null;
    }

    /// <summary>A keyspace by its name, whoever's it is.</summary>
    internal Keyspace OpenKeyspace(string name)
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        CheckName(name, nameof(name));
        lock (_keyspaces)
        {
            if (!_keyspaces.TryGetValue(name, out Keyspace? keyspace))
            {
                keyspace = new Keyspace(this, name);
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

    /// <summary>
    /// Removes a keyspace with all its keys. A later write to it creates it anew; a write at the same
    /// time counts as before or after. A store of one keyspace (blobs, checkpoints, documents, runs) is
    /// removed so too, by that keyspace's name; queues and topics by their own methods.
    /// </summary>
    /// <param name="name">Its name.</param>
    /// <param name="durability">When the call completes.</param>
    /// <param name="cancellationToken">Cancels the wait, never a write that was admitted.</param>
    /// <returns>False where there was none.</returns>
    /// <exception cref="StorageFullException">No space; nothing was written.</exception>
    /// <exception cref="EngineFaultedException">A write or a sync failed, now or before.</exception>
    /// <exception cref="ObjectDisposedException">The engine is closed.</exception>
    public async ValueTask<bool> DropKeyspaceAsync(
        string name,
        Durability durability = Durability.PowerLoss,
        CancellationToken cancellationToken = default)
    {
        Check(durability);
        _ = Writer;
        Keyspace keyspace = OpenKeyspace(name);
        if (!keyspace.Id.TryResolve(Facts, out _))
        {
            return false;
        }

        WriteBatch batch = CreateBatch();
        batch.Drop(keyspace);
        await CommitCoreAsync(batch, durability, cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <summary>
    /// A random number, for the identities of a store: of the system's secure generator; in a
    /// simulation, of its seed.
    /// </summary>
    public long NextRandom() => unchecked((long)_nextRandom());

    /// <summary>A new, empty batch, for one commit.</summary>
    /// <exception cref="ObjectDisposedException">The engine is closed.</exception>
    public WriteBatch CreateBatch()
    {
        _ = Writer;
        return new WriteBatch(this);
    }

    /// <summary>Commits a batch: after a crash all of it is there, or nothing.</summary>
    /// <param name="batch">The batch; it is used up.</param>
    /// <param name="durability">When the call completes.</param>
    /// <param name="cancellationToken">Cancels the wait, never a write that was admitted.</param>
    /// <returns>The sequences of its operations, in order: their versions.</returns>
    /// <exception cref="ConflictException">A condition did not hold; nothing was written.</exception>
    /// <exception cref="ArgumentException">The batch is empty, or another engine's.</exception>
    /// <exception cref="InvalidOperationException">The batch has been committed before.</exception>
    /// <exception cref="StorageFullException">No space; nothing was written.</exception>
    /// <exception cref="EngineFaultedException">A write or a sync failed, now or before.</exception>
    /// <exception cref="AppendCanceledException">The wait was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The engine is closed.</exception>
    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    public async ValueTask<SequenceRange> CommitAsync(
        WriteBatch batch,
        Durability durability = Durability.PowerLoss,
        CancellationToken cancellationToken = default)
    {
        CommitResult result = await TryCommitAsync(batch, durability, cancellationToken)
            .ConfigureAwait(false);
        return result.Conflict is { } conflict
            ? throw new ConflictException(conflict)
            : result.Sequences;
    }

    /// <summary>
    /// As <see cref="CommitAsync"/>, with a condition that does not hold as a result, which costs far
    /// less than an exception.
    /// </summary>
    /// <returns>Whether it was written, and what stood in its way.</returns>
    /// <inheritdoc cref="CommitAsync"/>
    public ValueTask<CommitResult> TryCommitAsync(
        WriteBatch batch,
        Durability durability = Durability.PowerLoss,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(batch);
        Check(durability);
        if (!batch.IsOf(this))
        {
            throw new ArgumentException("The batch is another engine's.", nameof(batch));
        }

        if (batch.Observers is { } observers)
        {
            return CommitObservedAsync(batch, observers, durability, cancellationToken);
        }

        return batch.Count + batch.ConditionCount == 0
            ? throw new ArgumentException("The batch is empty; add an operation.", nameof(batch))
            : CommitCoreAsync(batch, durability, cancellationToken);
    }

    /// <summary>The engine as it is now, for as long as the view is open. Cheap.</summary>
    /// <exception cref="ObjectDisposedException">The engine is closed.</exception>
    public ReadView OpenReadView() => new(this, Reads.Pin());

    /// <summary>
    /// Writes a snapshot of the index now: an open after it replays only what was written later.
    /// Writing and reading go on meanwhile.
    /// </summary>
    /// <param name="cancellationToken">Cancels before it is begun.</param>
    /// <returns>The sequence that it stands for.</returns>
    /// <exception cref="StorageFullException">No space; the older snapshots stay.</exception>
    /// <exception cref="StorageIOException">A file call failed; the older snapshots stay.</exception>
    /// <exception cref="EngineFaultedException">A write or a sync failed, now or before.</exception>
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
    /// <exception cref="EngineFaultedException">A write or a sync failed, now or before.</exception>
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
    /// <exception cref="EngineFaultedException">The log can not be synced any more.</exception>
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

    /// <summary>Completes once everything written before the call survives a power loss.</summary>
    /// <exception cref="EngineFaultedException">A write or a sync failed, now or before.</exception>
    /// <exception cref="ObjectDisposedException">The engine is closed.</exception>
    public ValueTask FlushAsync(CancellationToken cancellationToken = default)
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
    /// <exception cref="EngineFaultedException">
    /// The engine is faulted, or its last sync failed: what was not acknowledged may be lost.
    /// </exception>
    public ValueTask CloseAsync()
    {
        _closed = true;
        EngineMetrics.Leave(this);
        _ = StopAsync();
        return new ValueTask(CloseCoreAsync());
    }

    /// <summary>
    /// As <see cref="CloseAsync"/>, but a fault that a caller has seen already is not thrown again.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        bool seen = _closed || _lifetime?.Log.Writer.FaultReported == true;
        try
        {
            await CloseAsync().ConfigureAwait(false);
        }
        catch (EngineFaultedException) when (seen)
        {
            // Reported before, by the write, flush or close that met it.
        }
    }

    /// <summary>
    /// As <see cref="DisposeAsync"/>, while the calling thread waits: for <c>using</c> and for containers
    /// that are not disposed asynchronously.
    /// </summary>
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

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

    internal static void Check(Durability durability)
    {
        if ((uint)durability > (uint)Durability.PowerLoss)
        {
            throw new ArgumentOutOfRangeException(
                nameof(durability), durability, "Unknown durability.");
        }
    }

    /// <summary>UTC ticks of an expiry; 0 for none.</summary>
    internal static long ExpiryTicks(DateTimeOffset? expiresAt) =>
        expiresAt is { } at ? Math.Max(1, at.UtcTicks) : 0;

    /// <summary>The rule for all names: keyspaces here, keys of stores above.</summary>
    internal static void CheckName(string name, string parameter)
    {
        ArgumentException.ThrowIfNullOrEmpty(name, parameter);
        int bytes;
        try
        {
            bytes = StrictUtf8.GetByteCount(name);
        }
        catch (EncoderFallbackException error)
        {
            throw new ArgumentException(
                "The name holds an unpaired surrogate, which is no text.", parameter, error);
        }

        if (bytes > MaxNameBytes)
        {
            throw new ArgumentException(
                $"The name has {bytes} bytes of UTF-8; at most {MaxNameBytes} are allowed.",
                parameter);
        }
    }

    internal long CountOf(Keyspace keyspace)
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        return keyspace.Id.CountIn(Facts);
    }

    internal async ValueTask<long> PutByBatchAsync(
        Keyspace keyspace,
        ReadOnlyMemory<byte> key,
        ReadOnlyMemory<byte> value,
        Durability durability,
        DateTimeOffset? expiresAt,
        CancellationToken cancellationToken)
    {
        WriteBatch batch = CreateBatch();
        batch.Put(keyspace, key.Span, value.Span, expiresAt);
        CommitResult result = await CommitCoreAsync(batch, durability, cancellationToken)
            .ConfigureAwait(false);
        return result.Sequences.First;
    }

    internal async ValueTask<long> DeleteByBatchAsync(
        Keyspace keyspace,
        ReadOnlyMemory<byte> key,
        Durability durability,
        CancellationToken cancellationToken)
    {
        WriteBatch batch = CreateBatch();
        batch.Delete(keyspace, key.Span);
        CommitResult result = await CommitCoreAsync(batch, durability, cancellationToken)
            .ConfigureAwait(false);
        return result.Sequences.First;
    }

    /// <summary>Commits what has been checked; creates the keyspaces that it needs first.</summary>
    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    internal async ValueTask<CommitResult> CommitCoreAsync(
        WriteBatch batch, Durability durability, CancellationToken cancellationToken)
    {
        Check(durability);
        EngineWriter writer = Writer;
        batch.Take();
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

    /// <summary>
    /// As the plain commit, with those who take part. They are told the outcome also where the
    /// caller no longer waits for it.
    /// </summary>
    private async ValueTask<CommitResult> CommitObservedAsync(
        WriteBatch batch,
        IReadOnlyList<IBatchObserver> observers,
        Durability durability,
        CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            throw new AppendCanceledException(mayBeWritten: false, cancellationToken);
        }

        batch.RequireOpen();
        int taking = 0;
        Task<CommitResult> commit;
        try
        {
            // By index: an observer may bring in another one.
            for (; taking < observers.Count; taking++)
            {
                observers[taking].Committing(batch);
            }

            if (batch.Count + batch.ConditionCount == 0)
            {
                throw new ArgumentException(
                    "The batch is empty; add an operation.", nameof(batch));
            }

            commit = TellAsync(batch, observers, durability);
        }
        catch
        {
            Tell(observers.Take(taking), null);
            throw;
        }

        if (!cancellationToken.CanBeCanceled || commit.IsCompleted)
        {
            return await commit.ConfigureAwait(false);
        }

        try
        {
            return await commit.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return commit.IsCompleted
                ? await commit.ConfigureAwait(false)
                : throw new AppendCanceledException(mayBeWritten: true, cancellationToken);
        }
    }

    private async Task<CommitResult> TellAsync(
        WriteBatch batch, IReadOnlyList<IBatchObserver> observers, Durability durability)
    {
        CommitResult? outcome = null;
        try
        {
            CommitResult result = await CommitCoreAsync(batch, durability, CancellationToken.None)
                .ConfigureAwait(false);
            outcome = result;
            return result;
        }
        finally
        {
            Tell(observers, outcome);
        }
    }

    /// <summary>Tells all of them, whatever one of them throws: the others keep state by it.</summary>
    private void Tell(IEnumerable<IBatchObserver> observers, CommitResult? outcome)
    {
        foreach (IBatchObserver observer in observers)
        {
            try
            {
                observer.Completed(outcome);
            }
#pragma warning disable CA1031 // Whatever it throws: the batch is written, or is not.
            catch (Exception error)
            {
                LogEvents.CallbackFailed(
                    LogCategories.Create(LoggerFactory, LogCategories.Engine),
                    $"{observer.GetType().Name}.{nameof(IBatchObserver.Completed)}",
                    error);
            }
#pragma warning restore CA1031
        }
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

    private static UTF8Encoding StrictUtf8 { get; } = new(false, throwOnInvalidBytes: true);
}
