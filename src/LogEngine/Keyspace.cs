using System.Diagnostics.CodeAnalysis;
using LogEngine.Engine;

namespace LogEngine;

/// <summary>A named, ordered set of keys with values in a <see cref="StorageEngine"/>.</summary>
/// <remarks>
/// <para>
/// Thread-safe. Keys are ordered byte by byte. A keyspace that does not exist behaves as an empty
/// one; its first write creates it. It lives as long as its engine.
/// </para>
/// <para>
/// A write that was acknowledged can be read at once. A version acknowledged below
/// <see cref="Durability.PowerLoss"/> may belong to another write after a power loss.
/// </para>
/// </remarks>
public abstract class Keyspace : KeyspaceReader
{
    private readonly StorageEngine _engine;

    /// <summary>Additions on their way; null until there are any.</summary>
    private CounterLines? _counters;

    /// <summary>For engines.</summary>
    /// <param name="engine">The engine that it is in.</param>
    /// <param name="name">Its name.</param>
    protected Keyspace(StorageEngine engine, string name)
        : base(name)
    {
        ArgumentNullException.ThrowIfNull(engine);
        _engine = engine;
        Id = new NameOf(this);
    }

    /// <summary>Its name, with the id that it has where an engine numbers its keyspaces.</summary>
    internal KeyspaceName Id { get; }

    /// <summary>Gives a key a value, whatever was there.</summary>
    /// <param name="key">1 to 2,048 bytes; must not change until the call completes.</param>
    /// <param name="value">0 bytes to 64 MiB; must not change until the call completes.</param>
    /// <param name="durability">When the call completes; the engine's default where null.</param>
    /// <param name="expiresAt">From when it is absent; null for never.</param>
    /// <param name="cancellationToken">Cancels the wait, never a write that was admitted.</param>
    /// <returns>The value's version. Await it once.</returns>
    /// <exception cref="ArgumentException">The key is empty or too long.</exception>
    /// <exception cref="RecordTooLargeException">The value exceeds 64 MiB.</exception>
    /// <exception cref="StorageFullException">No space; nothing was written.</exception>
    /// <exception cref="StorageFaultedException">A write or a sync failed, now or before.</exception>
    /// <exception cref="AppendCanceledException">The wait was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The engine is closed.</exception>
    public abstract ValueTask<long> PutAsync(
        ReadOnlyMemory<byte> key,
        ReadOnlyMemory<byte> value,
        Durability? durability = null,
        DateTimeOffset? expiresAt = null,
        CancellationToken cancellationToken = default);

    /// <summary>
    /// As <see cref="PutAsync"/>, blocking the calling thread: for callers that would block for the
    /// outcome anyway.
    /// </summary>
    /// <param name="key">1 to 2,048 bytes.</param>
    /// <param name="value">0 bytes to 64 MiB.</param>
    /// <param name="durability">When the call returns; the engine's default where null.</param>
    /// <param name="expiresAt">From when it is absent; null for never.</param>
    /// <returns>The value's version.</returns>
    /// <inheritdoc cref="PutAsync"/>
    public virtual long Put(
        ReadOnlySpan<byte> key,
        ReadOnlySpan<byte> value,
        Durability? durability = null,
        DateTimeOffset? expiresAt = null) =>
        PutAsync(key.ToArray(), value.ToArray(), durability, expiresAt, CancellationToken.None)
            .AsTask().GetAwaiter().GetResult();

    /// <summary>As <see cref="DeleteAsync"/>, blocking the calling thread.</summary>
    /// <param name="key">1 to 2,048 bytes.</param>
    /// <param name="durability">When the call returns; the engine's default where null.</param>
    /// <returns>The sequence of the removal.</returns>
    /// <inheritdoc cref="PutAsync"/>
    public virtual long Delete(ReadOnlySpan<byte> key, Durability? durability = null) =>
        DeleteAsync(key.ToArray(), durability, CancellationToken.None)
            .AsTask().GetAwaiter().GetResult();

    /// <summary>Removes a key; no error where it is absent.</summary>
    /// <param name="key">1 to 2,048 bytes; must not change until the call completes.</param>
    /// <param name="durability">When the call completes; the engine's default where null.</param>
    /// <param name="cancellationToken">Cancels the wait, never a write that was admitted.</param>
    /// <returns>The sequence of the removal. Await it once.</returns>
    /// <inheritdoc cref="PutAsync"/>
    public abstract ValueTask<long> DeleteAsync(
        ReadOnlyMemory<byte> key,
        Durability? durability = null,
        CancellationToken cancellationToken = default);

    /// <summary>
    /// Removes a key if it is there, or if its value still has a version; says whether it did. Judged in the
    /// order of commits.
    /// </summary>
    /// <param name="key">1 to 2,048 bytes; must not change until the call completes.</param>
    /// <param name="expectedVersion">The version it must have, from 1; null for any.</param>
    /// <param name="durability">
    /// When the call completes; the engine's default where null. A refusal completes once what it was
    /// judged against is as durable.
    /// </param>
    /// <param name="cancellationToken">Cancels the wait, never a write that was admitted.</param>
    /// <returns>
    /// Whether it was removed, and the version that it had: 0 where it was absent or had expired.
    /// </returns>
    /// <inheritdoc cref="PutAsync"/>
    public abstract ValueTask<ConditionalResult> TryDeleteAsync(
        ReadOnlyMemory<byte> key,
        long? expectedVersion = null,
        Durability? durability = null,
        CancellationToken cancellationToken = default);

    /// <summary>
    /// Removes the keys from one up to, not including, another: one operation, however many they are.
    /// </summary>
    /// <param name="from">The first key to remove; empty for the first of all.</param>
    /// <param name="to">The key to stop before; empty for the end of the keyspace.</param>
    /// <param name="durability">When the call completes; the engine's default where null.</param>
    /// <param name="cancellationToken">Cancels the wait, never a write that was admitted.</param>
    /// <returns>The sequence of the removal.</returns>
    /// <exception cref="ArgumentException">A key is too long, or the range is reversed.</exception>
    /// <inheritdoc cref="PutAsync"/>
    [SuppressMessage(
        "Naming", "CA1716", Justification = "A keyword of Visual Basic alone, where it can be escaped.")]
    public abstract ValueTask<long> DeleteRangeAsync(
        ReadOnlyMemory<byte> from,
        ReadOnlyMemory<byte> to,
        Durability? durability = null,
        CancellationToken cancellationToken = default);

    /// <summary>Gives a key a value only if it is absent.</summary>
    /// <returns>Whether it was written, and the version made or in the way.</returns>
    /// <inheritdoc cref="PutAsync"/>
    public ValueTask<ConditionalResult> PutIfAbsentAsync(
        ReadOnlyMemory<byte> key,
        ReadOnlyMemory<byte> value,
        Durability? durability = null,
        DateTimeOffset? expiresAt = null,
        CancellationToken cancellationToken = default) =>
        CompareAndSetAsync(key, value, 0, durability, expiresAt, cancellationToken);

    /// <summary>
    /// Gives a key a value only if its value still has a version. Judged in the order of commits: of
    /// two that expect the same version, one is written.
    /// </summary>
    /// <param name="key">1 to 2,048 bytes; must not change until the call completes.</param>
    /// <param name="value">0 bytes to 64 MiB; must not change until the call completes.</param>
    /// <param name="expectedVersion">The version it must have; 0: it must be absent.</param>
    /// <param name="durability">
    /// When the call completes; the engine's default where null. A refusal completes once what it was
    /// judged against is as durable.
    /// </param>
    /// <param name="expiresAt">From when it is absent; null for never.</param>
    /// <param name="cancellationToken">Cancels the wait, never a write that was admitted.</param>
    /// <returns>Whether it was written, and the version made or in the way.</returns>
    /// <inheritdoc cref="PutAsync"/>
    public abstract ValueTask<ConditionalResult> CompareAndSetAsync(
        ReadOnlyMemory<byte> key,
        ReadOnlyMemory<byte> value,
        long expectedVersion,
        Durability? durability = null,
        DateTimeOffset? expiresAt = null,
        CancellationToken cancellationToken = default);

    /// <summary>
    /// Gives the value of a key another expiry, by one small record: value and version stay. What a
    /// sliding expiry is renewed with.
    /// </summary>
    /// <param name="key">1 to 2,048 bytes; must not change until the call completes.</param>
    /// <param name="expiresAt">From when the value is absent; null for never.</param>
    /// <param name="durability">
    /// When the call completes; the engine's default where null. A crash that takes a touch leaves the expiry that was there before.
    /// </param>
    /// <param name="cancellationToken">Cancels the wait, never a write that was admitted.</param>
    /// <returns>
    /// False where the key is absent or its value has expired, which is judged as the touch is
    /// committed: what has expired is never revived. Await it once.
    /// </returns>
    /// <exception cref="ArgumentException">The key is empty or too long.</exception>
    /// <inheritdoc cref="PutAsync"/>
    public abstract ValueTask<bool> TouchAsync(
        ReadOnlyMemory<byte> key,
        DateTimeOffset? expiresAt,
        Durability? durability = null,
        CancellationToken cancellationToken = default);

    /// <summary>
    /// Adds to the whole number that a key has as its value, and gives what it comes to; absent counts as 0.
    /// Calls at the same time are all counted, and none of them is refused because of another.
    /// </summary>
    /// <remarks>
    /// <para>
    /// The value is a counter: 8 bytes, little-endian, two's complement, as
    /// <see cref="KeyspaceCounters.GetCounterAsync(KeyspaceReader, ReadOnlyMemory{byte}, CancellationToken)"/>
    /// reads it; it may be put and read as any other value. Calls of this process that wait for the same key
    /// are written by one commit: so many of them cost what a few do.
    /// </para>
    /// <para>
    /// A <see cref="TouchAsync"/> of the same key at the same time may be undone by it.
    /// </para>
    /// </remarks>
    /// <param name="key">1 to 2,048 bytes; must not change until the call completes.</param>
    /// <param name="delta">What is added; below 0 to subtract.</param>
    /// <param name="durability">When the call completes; the engine's default where null.</param>
    /// <param name="expiresAt">From when the key is absent; null: as it was, and never for a new one.</param>
    /// <param name="cancellationToken">Cancels the wait, never a write that was admitted.</param>
    /// <returns>The number with what was added. Await it once.</returns>
    /// <exception cref="CounterOverflowException">It would be no number of 64 bits; nothing was added.</exception>
    /// <exception cref="NoCounterException">The value is no counter; nothing was added.</exception>
    /// <inheritdoc cref="PutAsync"/>
    public ValueTask<long> IncrementAsync(
        ReadOnlyMemory<byte> key,
        long delta = 1,
        Durability? durability = null,
        DateTimeOffset? expiresAt = null,
        CancellationToken cancellationToken = default)
    {
        KeyRules.CheckKey(key.Span);
        return LazyInitializer.EnsureInitialized(ref _counters, () => new CounterLines(this))
            .AddAsync(key, delta, _engine.LevelOf(durability), expiresAt, cancellationToken);
    }

    /// <summary>
    /// Tells what changes in the keyspace, in the order of commits, for as long as it is enumerated: from a
    /// place on, or from now on.
    /// </summary>
    /// <remarks>
    /// <para>
    /// Every change behind the place is told, or the enumeration fails: what cannot be told any more is a
    /// <see cref="ChangesLostException"/>. All changes of a commit come together. What is told can be read by
    /// then, and, unless the options say otherwise, is durable at <see cref="Durability.PowerLoss"/>.
    /// </para>
    /// <para>
    /// A watch that is open keeps what it has not told yet, on disk; one that lags behind holds back space
    /// until it is disposed, and loses its place where the disk is full. <c>await foreach</c> disposes it. Each
    /// enumeration is a watch of its own, and not thread-safe. It ends by an exception only: that of the
    /// token, of the engine's end, or of its fault, once everything before that was told.
    /// </para>
    /// </remarks>
    /// <param name="options">What is told; null: all changes from now on.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="NotSupportedException">
    /// The engine cannot watch (<see cref="EngineCapabilities.CanWatch"/>).
    /// </exception>
    /// <exception cref="ArgumentException">The options do not fit each other, or this keyspace.</exception>
    /// <exception cref="ChangesLostException">What comes next has been freed, or never was.</exception>
    /// <exception cref="CorruptionException">What comes next is damaged; it names the place.</exception>
    /// <exception cref="StorageIOException">It cannot be read.</exception>
    /// <exception cref="StorageFaultedException">
    /// All was told that is known to be durable, and the engine takes no more writes.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The engine is closed.</exception>
    public IAsyncEnumerable<KeyChange> WatchAsync(
        WatchOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new WatchOptions();
        options.Validate();
        return _engine.Capabilities.CanWatch
            ? WatchCoreAsync(options, cancellationToken)
            : throw CannotWatch();
    }

    /// <summary>The watch of an engine that can: with options that fit each other.</summary>
    /// <param name="options">What is told.</param>
    /// <param name="cancellationToken">Ends it.</param>
    protected virtual IAsyncEnumerable<KeyChange> WatchCoreAsync(
        WatchOptions options, CancellationToken cancellationToken) => throw CannotWatch();

    internal static NotSupportedException CannotWatch() => new(
        $"This engine, or one that is open read-only, cannot watch; {nameof(EngineCapabilities)}."
        + $"{nameof(EngineCapabilities.CanWatch)} says so.");

    internal bool IsOf(StorageEngine engine) => ReferenceEquals(_engine, engine);

    /// <summary>The keyspace of a batch's operation.</summary>
    internal static Keyspace Of(KeyspaceName name) => ((NameOf)name).Keyspace;

    /// <summary>Leads from the name, which is all that a batch keeps, back to the keyspace.</summary>
    private sealed class NameOf(Keyspace keyspace) : KeyspaceName(keyspace.Name)
    {
        internal Keyspace Keyspace => keyspace;
    }
}
