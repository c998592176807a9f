using System.Runtime.CompilerServices;
using System.Text;
using LogEngine.Awaiting;
using LogEngine.Format;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace LogEngine;

/// <summary>
/// An ordered key-value engine: keyspaces of byte keys, atomic batches across them, consistent reads. What
/// is written against this class runs on every engine; <see cref="OpenAsync"/> opens the embedded one.
/// </summary>
/// <remarks>
/// All members are thread-safe. The first failure that leaves it open what is written stops an engine for good
/// (<see cref="Faulted"/>). What an engine can do beyond this contract is in <see cref="Capabilities"/>.
/// </remarks>
public abstract class StorageEngine : IAsyncDisposable, IDisposable
{
    /// <summary>Most bytes of a key: 2,048.</summary>
    public static int MaxKeyBytes => FormatLimits.MaxKeyBytes;

    /// <summary>Most bytes of a value, and of a batch's values together: 64 MiB.</summary>
    public static int MaxValueBytes => LogBatch.MaxPayloadBytes;

    /// <summary>Most UTF-8 bytes of a keyspace's name: 1,024.</summary>
    public static int MaxNameBytes => FormatLimits.MaxNameBytes;

    /// <summary>For engines.</summary>
    /// <param name="timeProvider">The clock that expiry goes by.</param>
    /// <param name="loggerFactory">Where it logs, and the stores on it; null for nowhere.</param>
    /// <param name="defaultDurability">Of writes that name none.</param>
    protected StorageEngine(
        TimeProvider timeProvider, ILoggerFactory? loggerFactory, Durability defaultDurability)
    {
        ArgumentNullException.ThrowIfNull(timeProvider);
        TimeProvider = timeProvider;
        LoggerFactory = loggerFactory ?? NullLoggerFactory.Instance;
        DefaultDurability = defaultDurability;
    }

    /// <summary>What it can do.</summary>
    public abstract EngineCapabilities Capabilities { get; }

    /// <summary>Durability of writes that name none.</summary>
    public Durability DefaultDurability { get; }

    /// <summary>
    /// Drawn when what the engine holds was created, and the same each time that it is opened; null where
    /// there is no such number. A copy, such as a restored backup, has that of its original.
    /// </summary>
    public virtual Guid? StoreId => null;

    /// <summary>The clock it was opened with.</summary>
    public TimeProvider TimeProvider { get; }

    /// <summary>Where it logs, and the stores on it; one that logs nothing where none was named.</summary>
    public ILoggerFactory LoggerFactory { get; }

    /// <summary>
    /// What goes wrong in the background without stopping reads or writes, in words; null while all is well.
    /// </summary>
    public virtual string? Degradation => null;

    /// <summary>
    /// What commits came to since it was opened here, from memory; null where it does not count them, or does
    /// not write.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The engine is closed.</exception>
    public virtual CommitStatistics? Commits => null;

    /// <summary>Completes with the first fault; never otherwise.</summary>
    public abstract Task<StorageFaultedException> Faulted { get; }

    /// <summary>
    /// Ends when the engine is being closed, or is faulted: it takes no more writes, so whoever
    /// waits for what only a write can bring should wait no longer. What is registered on it runs
    /// on the pool, and what that throws is logged.
    /// </summary>
    public abstract CancellationToken Stopping { get; }

    /// <summary>Largest value that a batch holds as it is; larger ones go ahead of it.</summary>
    internal virtual int ChunkBytes => int.MaxValue;

    /// <summary>
    /// Opens an embedded engine, creating or recovering it. What it shows after that is durable.
    /// </summary>
    /// <param name="directory">The engine's directory; nothing else should live in it.</param>
    /// <param name="options">Options; all defaults where null.</param>
    /// <param name="cancellationToken">Cancels the wait for the lock, and opening before it writes.</param>
    /// <exception cref="DirectoryLockedException">It is open for writing elsewhere.</exception>
    /// <exception cref="CorruptionException">Something durable is damaged or missing.</exception>
    /// <exception cref="IncompatibleFormatException">A newer version wrote it.</exception>
    /// <exception cref="WrongStoreKindException">It holds another kind of store.</exception>
    /// <exception cref="StorageNotFoundException">There is none, and none is to be created.</exception>
    /// <exception cref="StorageFullException">No space to open it for writing.</exception>
    /// <exception cref="StorageIOException">The operating system refused a call.</exception>
    public static ValueTask<EmbeddedEngine> OpenAsync(
        string directory,
        StorageEngineOptions? options = null,
        CancellationToken cancellationToken = default) =>
        EmbeddedEngine.OpenCoreAsync(directory, options, cancellationToken);

    /// <summary>
    /// Opens an empty engine in memory: the same engine with the same contract, on a disk that is
    /// gone when it is closed. For tests, and for what need not outlive the process.
    /// </summary>
    /// <param name="options">Options; all defaults where null.</param>
    public static EmbeddedEngine OpenInMemory(StorageEngineOptions? options = null) =>
        EmbeddedEngine.OpenInMemoryCore(options);

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
    public abstract Keyspace GetKeyspace(string name);

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
    public abstract Keyspace GetStoreKeyspace(string name);

    /// <summary>Names of the keyspaces that exist, in ordinal order.</summary>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="ObjectDisposedException">The engine is closed.</exception>
    public abstract ValueTask<IReadOnlyList<string>> ListKeyspacesAsync(
        CancellationToken cancellationToken = default);

    /// <summary>
    /// Removes a keyspace with all its keys. A later write to it creates it anew; a write at the same
    /// time counts as before or after. A store of one keyspace (blobs, checkpoints, documents, runs) is
    /// removed so too, by that keyspace's name; queues and topics by their own methods.
    /// </summary>
    /// <param name="name">Its name.</param>
    /// <param name="durability">When the call completes; the engine's default where null.</param>
    /// <param name="cancellationToken">Cancels the wait, never a write that was admitted.</param>
    /// <returns>False where there was none.</returns>
    /// <exception cref="StorageFullException">No space; nothing was written.</exception>
    /// <exception cref="StorageFaultedException">A write or a sync failed, now or before.</exception>
    /// <exception cref="ObjectDisposedException">The engine is closed.</exception>
    public abstract ValueTask<bool> DropKeyspaceAsync(
        string name,
        Durability? durability = null,
        CancellationToken cancellationToken = default);

    /// <summary>
    /// A random number, for the identities of a store: of a secure generator; in a simulation, of its
    /// seed.
    /// </summary>
    public abstract long NextRandom();

    /// <summary>A new, empty batch, for one commit.</summary>
    /// <exception cref="ObjectDisposedException">The engine is closed.</exception>
    /// <exception cref="StorageReadOnlyException">The engine was opened read-only.</exception>
    public virtual WriteBatch CreateBatch() => new(this);

    /// <summary>Commits a batch: after a crash all of it is there, or nothing.</summary>
    /// <param name="batch">The batch; it is used up.</param>
    /// <param name="durability">When the call completes; the engine's default where null.</param>
    /// <param name="cancellationToken">Cancels the wait, never a write that was admitted.</param>
    /// <returns>The sequences of its operations, in order: their versions.</returns>
    /// <exception cref="ConflictException">A condition did not hold; nothing was written.</exception>
    /// <exception cref="ArgumentException">The batch is empty, or another engine's.</exception>
    /// <exception cref="InvalidOperationException">The batch has been committed before.</exception>
    /// <exception cref="StorageFullException">No space; nothing was written.</exception>
    /// <exception cref="StorageFaultedException">A write or a sync failed, now or before.</exception>
    /// <exception cref="AppendCanceledException">The wait was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The engine is closed.</exception>
    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    public async ValueTask<SequenceRange> CommitAsync(
        WriteBatch batch,
        Durability? durability = null,
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
        Durability? durability = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(batch);
        Durability level = LevelOf(durability);
        if (!batch.IsOf(this))
        {
            throw new ArgumentException("The batch is another engine's.", nameof(batch));
        }

        return batch.Observers is { Count: > 0 } observers
            ? CommitObservedAsync(batch, observers, level, cancellationToken)
            : batch.IsEmpty
                ? throw new ArgumentException("The batch is empty; add an operation.", nameof(batch))
                : CommitTakenAsync(batch, level, cancellationToken);
    }

    /// <summary>
    /// As <see cref="CommitAsync"/>, blocking the calling thread: for callers that would block for the
    /// outcome anyway.
    /// </summary>
    /// <param name="batch">The batch; it is used up.</param>
    /// <param name="durability">When the call returns; the engine's default where null.</param>
    /// <inheritdoc cref="CommitAsync"/>
    public SequenceRange Commit(WriteBatch batch, Durability? durability = null) =>
        CommitAsync(batch, durability, CancellationToken.None).AsTask().GetAwaiter().GetResult();

    /// <summary>The engine as it is now, for as long as the view is open.</summary>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="ObjectDisposedException">The engine is closed.</exception>
    public abstract ValueTask<ReadView> OpenReadViewAsync(
        CancellationToken cancellationToken = default);

    /// <summary>What it holds, as far as it is known without reading all of it.</summary>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="ObjectDisposedException">The engine is closed.</exception>
    public virtual async ValueTask<EngineStatistics> GetStatisticsAsync(
        CancellationToken cancellationToken = default)
    {
        IReadOnlyList<string> names = await ListKeyspacesAsync(cancellationToken)
            .ConfigureAwait(false);
        long keys = 0;
        foreach (string name in names)
        {
            Keyspace keyspace = IsReservedName(name) ? GetStoreKeyspace(name) : GetKeyspace(name);
            keys += await keyspace.CountAsync(cancellationToken).ConfigureAwait(false);
        }

        return new EngineStatistics { Keys = keys, Keyspaces = names.Count };
    }

    /// <summary>
    /// Completes once everything written before the call is durable at
    /// <see cref="Durability.PowerLoss"/>.
    /// </summary>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="StorageFaultedException">A write or a sync failed, now or before.</exception>
    /// <exception cref="ObjectDisposedException">The engine is closed.</exception>
    public abstract ValueTask FlushAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// A way to what lies below, for those who know it; null where this engine has no such thing.
    /// </summary>
    /// <param name="serviceType">The type asked for.</param>
    public virtual object? GetService(Type serviceType)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceType.IsInstanceOfType(this) ? this : null;
    }

    /// <summary>
    /// Takes no more writes, completes those taken, and lets go of what it holds. Idempotent: further calls
    /// wait for the first. Views and scans that are still open fail from then on.
    /// </summary>
    /// <exception cref="StorageFaultedException">
    /// The engine is faulted, or its last sync failed: what was not acknowledged may be lost.
    /// </exception>
    public abstract ValueTask CloseAsync();

    /// <summary>
    /// As <see cref="CloseAsync"/>, but a fault that a caller has seen already is not thrown again.
    /// </summary>
    public abstract ValueTask DisposeAsync();

    /// <summary>
    /// As <see cref="DisposeAsync"/>, while the calling thread waits: for <c>using</c> and for containers
    /// that are not disposed asynchronously.
    /// </summary>
    public void Dispose()
    {
        DisposeAsync().AsTask().GetAwaiter().GetResult();
        GC.SuppressFinalize(this);
    }

    /// <summary>
    /// Commits what has been checked: all operations in order, if every condition holds, or nothing. The
    /// batch is taken: nobody changes it any more.
    /// </summary>
    /// <param name="batch">The batch: <see cref="WriteBatch.GetOperation"/>, <see cref="WriteBatch.GetCondition"/>.</param>
    /// <param name="durability">When the call completes.</param>
    /// <param name="cancellationToken">Cancels the wait, never a write that was admitted.</param>
    protected abstract ValueTask<CommitResult> CommitCoreAsync(
        WriteBatch batch, Durability durability, CancellationToken cancellationToken);

    /// <summary>
    /// The level that a write asks for, if this engine has it: for those who write a store or an engine.
    /// </summary>
    /// <param name="durability">What the caller said; null for the default.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such level.</exception>
    /// <exception cref="UnsupportedDurabilityException">This engine cannot give it.</exception>
    public Durability LevelOf(Durability? durability)
    {
        Durability level = durability ?? DefaultDurability;
        return (uint)level <= (uint)Durability.PowerLoss ? level
            : level != Durability.MachineLoss
                ? throw new ArgumentOutOfRangeException(
                    nameof(durability), durability, "Unknown durability.")
            : Capabilities.SurvivesMachineLoss ? level
            : throw new UnsupportedDurabilityException(level);
    }

    /// <summary>Refuses the names that stores keep their bytes under.</summary>
    /// <param name="name">Name of a keyspace.</param>
    protected static void CheckOwnName(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (KeyspaceRules.ReservedPrefixOf(name) is { } prefix)
        {
            throw new ReservedNameException(name, prefix, nameof(name));
        }

        CheckName(name, nameof(name));
    }

    /// <summary>Refuses the names that stores do not keep their bytes under.</summary>
    /// <param name="name">Name of a keyspace.</param>
    protected static void CheckStoreName(string name)
    {
        if (!IsReservedName(name))
        {
            throw new ArgumentException(
                $"Keyspace '{name}' is no store's; {nameof(GetKeyspace)} gives it.", nameof(name));
        }

        CheckName(name, nameof(name));
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
            bytes = TextRules.Strict.GetByteCount(name);
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

    /// <summary>Takes a batch for its one commit.</summary>
    /// <summary>By itself, so that no other commit pays for what it captures.</summary>
    private ValueTask<CommitResult> CommitObservedAsync(
        WriteBatch batch,
        IReadOnlyList<IBatchObserver> observers,
        Durability durability,
        CancellationToken cancellationToken) => ObservedCommit.RunAsync(
            batch,
            observers,
            () => CommitTakenAsync(batch, durability, CancellationToken.None),
            LoggerFactory,
            cancellationToken);

    internal ValueTask<CommitResult> CommitTakenAsync(
        WriteBatch batch, Durability durability, CancellationToken cancellationToken)
    {
        batch.Take();
        return CommitCoreAsync(batch, durability, cancellationToken);
    }
}
