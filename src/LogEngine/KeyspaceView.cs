using System.Buffers;
using LogEngine.Engine;

namespace LogEngine;

/// <summary>A keyspace as it was when its <see cref="ReadView"/> was opened.</summary>
/// <remarks>Thread-safe; usable until the view is disposed.</remarks>
public readonly struct KeyspaceView
{
    private readonly ReadView _view;
    private readonly KeyspaceName _keyspace;

    internal KeyspaceView(ReadView view, Keyspace keyspace)
    {
        _view = view;
        _keyspace = keyspace.Id;
    }

    /// <summary>Keys in it, expired ones that had not been removed included.</summary>
    public long Count => _keyspace.CountIn(_view.Pinned.Facts);

    /// <summary>Keys in a range, counted one by one, expired ones included.</summary>
    /// <param name="range">Which keys.</param>
    public long CountRange(ScanRange range)
    {
        range.Validate();
        return _view.Reads.CountRange(_view.Pinned, _keyspace, range);
    }

    /// <summary>Reads a value; may read the disk on the calling thread.</summary>
    /// <inheritdoc cref="Keyspace.TryGet"/>
    public bool TryGet(
        ReadOnlySpan<byte> key, IBufferWriter<byte> destination, out ValueInfo info)
    {
        ArgumentNullException.ThrowIfNull(destination);
        KeyRules.CheckKey(key);
        return _view.Reads.TryGet(_view.Pinned, _keyspace, key, destination, out info);
    }

    /// <summary>
    /// Says whether a key is there, and what is known of its value without reading it: one look into
    /// the index in memory.
    /// </summary>
    /// <inheritdoc cref="Keyspace.TryGetInfo"/>
    public bool TryGetInfo(ReadOnlySpan<byte> key, out ValueInfo info)
    {
        KeyRules.CheckKey(key);
        return _view.Reads.TryGetInfo(_view.Pinned, _keyspace, key, out info);
    }

    /// <summary>
    /// Finds the first key of a range, or the last one of a range that is gone through in reverse,
    /// without a value: one look into the index in memory.
    /// </summary>
    /// <inheritdoc cref="Keyspace.TryGetFirst"/>
    public bool TryGetFirst(ScanRange range, IBufferWriter<byte> key, out ValueInfo info)
    {
        ArgumentNullException.ThrowIfNull(key);
        range.Validate();
        return _view.Reads.TryGetFirst(_view.Pinned, _keyspace, range, key, out info);
    }

    /// <summary>
    /// Reads a value; where the disk must be read, not on the calling thread. Null where absent.
    /// </summary>
    /// <inheritdoc cref="Keyspace.GetAsync"/>
    public ValueTask<StoredValue?> GetAsync(
        ReadOnlyMemory<byte> key, CancellationToken cancellationToken = default)
    {
        KeyRules.CheckKey(key.Span);
        return _view.Reads.GetAsync(_view.Pinned, _keyspace, key, cancellationToken);
    }

    /// <summary>Reads several values in one call, in the order of the keys.</summary>
    /// <inheritdoc cref="Keyspace.GetManyAsync"/>
    public ValueTask<StoredValue?[]> GetManyAsync(
        IReadOnlyList<ReadOnlyMemory<byte>> keys, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(keys);
        foreach (ReadOnlyMemory<byte> key in keys)
        {
            KeyRules.CheckKey(key.Span);
        }

        return _view.Reads.Many.GetAsync(_view.Pinned, _keyspace, keys, cancellationToken);
    }

    /// <summary>Goes through keys in order with their values.</summary>
    /// <inheritdoc cref="Keyspace.Scan"/>
    public KeyScan Scan(ScanRange range = default)
    {
        range.Validate();
        return new KeyScan(_view.Reads, _view.Pinned, ownsView: false, _keyspace, range);
    }
}
