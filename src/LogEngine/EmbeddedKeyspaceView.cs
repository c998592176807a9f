using System.Buffers;
using LogEngine.Engine;

namespace LogEngine;

/// <summary>
/// Reads of one keyspace of an embedded engine: as it was when an <see cref="EmbeddedReadView"/> was opened.
/// </summary>
/// <remarks>Thread-safe; usable until the view is disposed.</remarks>
public sealed class EmbeddedKeyspaceView : KeyspaceReader
{
    /// <summary>For a key until it is copied.</summary>
    [ThreadStatic]
    private static PooledBytes? _threadKey;

    private readonly EngineReads _reads;
    private readonly PinnedView? _view;
    private readonly KeyspaceName _keyspace;

    internal EmbeddedKeyspaceView(EmbeddedReadView view, EmbeddedKeyspace keyspace)
        : this(view.Reads, view.Pinned, keyspace.Id)
    {
    }

    /// <param name="reads">Reads of the engine.</param>
    /// <param name="view">As of when; null for now.</param>
    /// <param name="keyspace">Which keyspace.</param>
    internal EmbeddedKeyspaceView(EngineReads reads, PinnedView? view, KeyspaceName keyspace)
        : base(keyspace.Name)
    {
        _reads = reads;
        _view = view;
        _keyspace = keyspace;
    }

    /// <summary>Keys in it, expired ones that had not been removed included. Costs nothing.</summary>
    public long Count => _keyspace.CountIn(_view?.Facts ?? _reads.Facts);

    /// <summary>Reads a value; may read the disk on the calling thread.</summary>
    /// <param name="key">1 to 2,048 bytes.</param>
    /// <param name="destination">Receives the value's bytes, verified; untouched where absent.</param>
    /// <param name="info">Version and expiry; default where absent.</param>
    /// <returns>False where the key is absent or its value has expired.</returns>
    /// <exception cref="ArgumentException">The key is empty or too long.</exception>
    /// <exception cref="CorruptionException">The value is damaged; it names the place.</exception>
    /// <exception cref="StorageIOException">The file cannot be read.</exception>
    /// <exception cref="ObjectDisposedException">The engine is closed.</exception>
    public bool TryGet(
        ReadOnlySpan<byte> key, IBufferWriter<byte> destination, out ValueInfo info)
    {
        ArgumentNullException.ThrowIfNull(destination);
        KeyRules.CheckKey(key);
        return _reads.TryGet(_view, _keyspace, key, destination, out info);
    }

    /// <summary>
    /// Reads a value if it is in memory, in the cache of values: never reads the disk, and allocates nothing.
    /// </summary>
    /// <param name="key">1 to 2,048 bytes.</param>
    /// <param name="destination">
    /// Receives the value's bytes, asked once for exactly so many: what it gives may be the caller's own array.
    /// </param>
    /// <param name="info">Version and expiry; default where it is not in memory.</param>
    /// <returns>
    /// False where the value is not in memory, or absent, or has expired: <see cref="TryGet"/> and
    /// <see cref="GetAsync"/> say which. Where it is false the destination may have been asked, but nothing
    /// was committed to it.
    /// </returns>
    /// <exception cref="ArgumentException">The key is empty or too long.</exception>
    /// <exception cref="ObjectDisposedException">The engine is closed.</exception>
    public bool TryGetCached(
        ReadOnlySpan<byte> key, IBufferWriter<byte> destination, out ValueInfo info)
    {
        ArgumentNullException.ThrowIfNull(destination);
        KeyRules.CheckKey(key);
        return _reads.TryGetInMemory(_view, _keyspace, key, destination, out info);
    }

    /// <summary>
    /// Says whether a key is there, and what is known of its value without reading it: one look into
    /// the index in memory. Never reads the disk, and allocates nothing.
    /// </summary>
    /// <param name="key">1 to 2,048 bytes.</param>
    /// <param name="info">Version and expiry; default where absent.</param>
    /// <returns>
    /// False where the key is absent or its value has expired. True says nothing of whether the value
    /// is damaged: only reading it does.
    /// </returns>
    /// <exception cref="ArgumentException">The key is empty or too long.</exception>
    /// <exception cref="ObjectDisposedException">The engine is closed.</exception>
    public bool TryGetInfo(ReadOnlySpan<byte> key, out ValueInfo info)
    {
        KeyRules.CheckKey(key);
        return _reads.TryGetInMemory(_view, _keyspace, key, destination: null, out info);
    }

    /// <summary>
    /// Finds the first key of a range, or the last one of a range that is gone through in reverse,
    /// without a value: one look into the index in memory. Never reads the disk.
    /// </summary>
    /// <param name="range">Which keys, and from which end; all of them by default.</param>
    /// <param name="key">Receives the key's bytes; untouched where there is none.</param>
    /// <param name="info">Version and expiry of its value; default where there is none.</param>
    /// <returns>False where no key of the range is there, or all have expired.</returns>
    /// <exception cref="ArgumentException">
    /// A key is too long, the range is reversed, or its limit is below 0.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The engine is closed.</exception>
    public bool TryGetFirst(ScanRange range, IBufferWriter<byte> key, out ValueInfo info)
    {
        ArgumentNullException.ThrowIfNull(key);
        range.Validate();
        return _reads.TryGetFirst(_view, _keyspace, range, key, out info);
    }

    /// <summary>Keys in a range, counted one by one, expired ones included.</summary>
    /// <param name="range">Which keys.</param>
    /// <exception cref="ArgumentException">
    /// A key is too long, the range is reversed, or its limit is below 0.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The engine is closed.</exception>
    public long CountRange(ScanRange range)
    {
        range.Validate();
        return _reads.CountRange(_view, _keyspace, range);
    }

    /// <inheritdoc/>
    public override ValueTask<StoredValue?> GetAsync(
        ReadOnlyMemory<byte> key, CancellationToken cancellationToken = default)
    {
        KeyRules.CheckKey(key.Span);
        return _reads.GetAsync(_view, _keyspace, key, cancellationToken);
    }

    /// <summary>Reads a value; may read the disk on the calling thread.</summary>
    /// <inheritdoc/>
    public override StoredValue? Get(ReadOnlyMemory<byte> key)
    {
        KeyRules.CheckKey(key.Span);
        return _reads.Get(_view, _keyspace, key.Span);
    }

    /// <inheritdoc/>
    public override ValueTask<StoredValue?[]> GetManyAsync(
        IReadOnlyList<ReadOnlyMemory<byte>> keys, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(keys);
        foreach (ReadOnlyMemory<byte> key in keys)
        {
            KeyRules.CheckKey(key.Span);
        }

        return _reads.Many.GetAsync(_view, _keyspace, keys, cancellationToken);
    }

    /// <inheritdoc/>
    public override ValueTask<ValueInfo?> GetInfoAsync(
        ReadOnlyMemory<byte> key, CancellationToken cancellationToken = default) =>
        new(TryGetInfo(key.Span, out ValueInfo info) ? info : null);

    /// <inheritdoc/>
    public override ValueTask<KeyValueEntry?> GetFirstAsync(
        ScanRange range = default, CancellationToken cancellationToken = default)
    {
        PooledBytes key = _threadKey ??= new PooledBytes();
        key.Clear();
        return new ValueTask<KeyValueEntry?>(TryGetFirst(range, key, out ValueInfo info)
            ? new KeyValueEntry(key.Written.ToArray(), default, info)
            : null);
    }

    /// <inheritdoc/>
    public override ValueTask<long> CountAsync(CancellationToken cancellationToken = default) =>
        new(Count);

    /// <inheritdoc/>
    public override ValueTask<long> CountRangeAsync(
        ScanRange range, CancellationToken cancellationToken = default) => new(CountRange(range));

    /// <inheritdoc/>
    public override ValueTask<WatchPosition> GetPositionAsync(
        CancellationToken cancellationToken = default) =>
        new(_reads.PositionOf(_view, _keyspace));

    /// <inheritdoc/>
    public override EmbeddedKeyScan Scan(ScanRange range = default)
    {
        range.Validate();
        return new EmbeddedKeyScan(
            _reads, _view ?? _reads.Pin(), ownsView: _view is null, _keyspace, range);
    }
}
