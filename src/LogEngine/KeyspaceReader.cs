using System.Diagnostics.CodeAnalysis;

namespace LogEngine;

/// <summary>
/// Reads of the keys and values of a keyspace: as they are now (<see cref="Keyspace"/>), or as they were when
/// a <see cref="ReadView"/> was opened.
/// </summary>
/// <remarks>Thread-safe. Keys are ordered byte by byte.</remarks>
public abstract class KeyspaceReader
{
    /// <summary>For engines.</summary>
    /// <param name="name">Name of the keyspace.</param>
    protected KeyspaceReader(string name) => Name = name;

    /// <summary>Name of the keyspace.</summary>
    public string Name { get; }

    /// <summary>
    /// Reads a value; where that takes a disk or a server, not on the calling thread. Null where the key is
    /// absent or its value has expired.
    /// </summary>
    /// <param name="key">1 to 2,048 bytes; must not change until the call completes.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The value, owned by the caller: dispose it.</returns>
    /// <exception cref="ArgumentException">The key is empty or too long.</exception>
    /// <exception cref="CorruptionException">The value is damaged; it names the place.</exception>
    /// <exception cref="StorageIOException">It cannot be read.</exception>
    /// <exception cref="ObjectDisposedException">The engine is closed.</exception>
    public abstract ValueTask<StoredValue?> GetAsync(
        ReadOnlyMemory<byte> key, CancellationToken cancellationToken = default);

    /// <summary>
    /// As <see cref="GetAsync"/>, blocking the calling thread: for contracts that are synchronous.
    /// </summary>
    /// <param name="key">1 to 2,048 bytes.</param>
    /// <inheritdoc cref="GetAsync"/>
    [SuppressMessage(
        "Naming", "CA1716", Justification = "A keyword of Visual Basic alone, where it can be escaped.")]
    public virtual StoredValue? Get(ReadOnlyMemory<byte> key) =>
        GetAsync(key, CancellationToken.None).AsTask().GetAwaiter().GetResult();

    /// <summary>
    /// Reads several values in one call, all as of one moment, in the order of the keys; null where
    /// a key is absent. Faster than one by one.
    /// </summary>
    /// <param name="keys">The keys; must not change until the call completes.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The values, owned by the caller: dispose them.</returns>
    /// <inheritdoc cref="GetAsync"/>
    public abstract ValueTask<StoredValue?[]> GetManyAsync(
        IReadOnlyList<ReadOnlyMemory<byte>> keys, CancellationToken cancellationToken = default);

    /// <summary>
    /// What is known of a value without reading it; null where the key is absent or its value has expired.
    /// That it is there says nothing of whether the value is damaged: only reading it does.
    /// </summary>
    /// <param name="key">1 to 2,048 bytes; must not change until the call completes.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="ArgumentException">The key is empty or too long.</exception>
    /// <exception cref="ObjectDisposedException">The engine is closed.</exception>
    public abstract ValueTask<ValueInfo?> GetInfoAsync(
        ReadOnlyMemory<byte> key, CancellationToken cancellationToken = default);

    /// <summary>Whether a key is there, and its value has not expired.</summary>
    /// <inheritdoc cref="GetInfoAsync"/>
    public async ValueTask<bool> ContainsAsync(
        ReadOnlyMemory<byte> key, CancellationToken cancellationToken = default) =>
        await GetInfoAsync(key, cancellationToken).ConfigureAwait(false) is not null;

    /// <summary>
    /// The first key of a range, or the last one of a range that is gone through in reverse, without its
    /// value; null where no key of the range is there, or all have expired.
    /// </summary>
    /// <param name="range">Which keys, and from which end; all of them by default.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="ArgumentException">
    /// A key is too long, the range is reversed, or its limit is below 0.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The engine is closed.</exception>
    public abstract ValueTask<KeyValueEntry?> GetFirstAsync(
        ScanRange range = default, CancellationToken cancellationToken = default);

    /// <summary>Keys in it, those included that have expired and not been removed yet.</summary>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="ObjectDisposedException">The engine is closed.</exception>
    public abstract ValueTask<long> CountAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// Keys in a range, counted one by one, those included that have expired and not been removed yet.
    /// </summary>
    /// <param name="range">Which keys.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="ArgumentException">
    /// A key is too long, the range is reversed, or its limit is below 0.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The engine is closed.</exception>
    public abstract ValueTask<long> CountRangeAsync(
        ScanRange range, CancellationToken cancellationToken = default);

    /// <summary>
    /// The place behind which <see cref="Keyspace.WatchAsync"/> tells what is not shown here: what is
    /// committed after this moment, or after that of the view. It may be ahead of what is durable: before one
    /// is kept longer than the process lives, <see cref="EmbeddedEngine.WaitDurableAsync"/> waits for its commit.
    /// </summary>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="NotSupportedException">
    /// The engine cannot watch (<see cref="EngineCapabilities.CanWatch"/>).
    /// </exception>
    /// <exception cref="ObjectDisposedException">The engine is closed.</exception>
    public virtual ValueTask<WatchPosition> GetPositionAsync(
        CancellationToken cancellationToken = default) => throw Keyspace.CannotWatch();

    /// <summary>
    /// Goes through keys in order, with their values, as of one moment: that of the view, or one between this
    /// call and the first move. Dispose it: it keeps what it reads alive.
    /// </summary>
    /// <param name="range">Which keys, and in which direction; all of them by default.</param>
    /// <exception cref="ArgumentException">
    /// A key is too long, the range is reversed, or its limit is below 0.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The engine is closed.</exception>
    public abstract KeyScan Scan(ScanRange range = default);
}
