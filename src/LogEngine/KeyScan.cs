using System.Runtime.CompilerServices;
using LogEngine.Engine;
using LogEngine.Index;

namespace LogEngine;

/// <summary>Goes through a range of keys in order, as of one moment.</summary>
/// <remarks>
/// Not thread-safe. Dispose it: it keeps what it reads alive. It reads ahead in small steps, so what
/// it shows is always of the same moment, however long it takes.
/// </remarks>
public sealed class KeyScan : IDisposable
{
    /// <summary>Entries that are read in one step.</summary>
    private const int BatchEntries = 64;

    /// <summary>A step ends where its values have so many bytes.</summary>
    private const int BatchBytes = 1 << 20;

    private readonly EngineReads _reads;
    private readonly PinnedView _view;
    private readonly bool _ownsView;
    private readonly bool _keysOnly;
    private readonly PooledBytes _bytes = new();
    private readonly Entry[] _entries = new Entry[BatchEntries];
    private IndexCursor? _cursor;
    private int _count;
    private int _at = -1;
    private bool _disposed;

    internal KeyScan(
        EngineReads reads,
        PinnedView view,
        bool ownsView,
        KeyspaceName keyspace,
        ScanRange range)
    {
        _reads = reads;
        _view = view;
        _ownsView = ownsView;
        _keysOnly = range.KeysOnly;
        if (keyspace.TryResolve(view.Facts, out uint id))
        {
            (byte[] from, byte[] to) = EngineReads.Bounds(id, range.From, range.To);
            _cursor = view.Root.Seek(from, to, backward: range.Reverse);
        }
    }

    /// <summary>The current key; valid until the next move.</summary>
    public ReadOnlySpan<byte> Key => _bytes.Written.Slice(Current.KeyAt, Current.KeyLength);

    /// <summary>
    /// The current value, verified; valid until the next move. Empty where only keys are read.
    /// </summary>
    public ReadOnlySpan<byte> Value => _bytes.Written.Slice(Current.ValueAt, Current.ValueLength);

    /// <summary>Version and expiry of the current value.</summary>
    public ValueInfo Info => EngineReads.InfoOf(Current.Found);

    private ref readonly Entry Current
    {
        get
        {
            if (_at < 0 || _at >= _count)
            {
                throw new InvalidOperationException("The scan stands on no entry.");
            }

            return ref _entries[_at];
        }
    }

    /// <summary>
    /// Goes to the next entry; may read the disk on the calling thread. False at the end.
    /// </summary>
    /// <exception cref="CorruptionException">A value is damaged; it names the place.</exception>
    /// <exception cref="StorageIOException">A file cannot be read.</exception>
    /// <exception cref="ObjectDisposedException">The scan, its view or the engine is closed.</exception>
    public bool MoveNext()
    {
        if (_at + 1 < _count)
        {
            _at++;
            return true;
        }

        ObjectDisposedException.ThrowIf(_disposed, this);
        Fill();
        return _count > 0;
    }

    /// <summary>The entries from the next on, each with bytes of its own.</summary>
    /// <param name="cancellationToken">Ends the enumeration.</param>
    /// <inheritdoc cref="MoveNext"/>
    public async IAsyncEnumerable<KeyValueEntry> ReadAllAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            bool more = _at + 1 < _count
                ? MoveNext()
                : await _reads.RunAsync(MoveNext, cancellationToken).ConfigureAwait(false);
            if (!more)
            {
                yield break;
            }

            yield return new KeyValueEntry(Key.ToArray(), Value.ToArray(), Info);
        }
    }

    /// <summary>Lets go of what it keeps alive. Idempotent.</summary>
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        _count = 0;
        _cursor = null;
        _bytes.Dispose();
        if (_ownsView)
        {
            _reads.Release(_view);
        }
    }

    private void Fill()
    {
        _count = 0;
        _at = 0;
        _bytes.Clear();
        if (_cursor is null)
        {
            return;
        }

        int slot = _reads.Gate.Enter();
        try
        {
            while (_count < BatchEntries && _bytes.Length < BatchBytes && _cursor.MoveNext())
            {
                IndexValue found = _cursor.Value;
                if (!CommittedIndex.IsExpired(found, _view.NowTicks))
                {
                    Take(_cursor.Key, found);
                }
            }
        }
        finally
        {
            _reads.Gate.Leave(slot);
        }
    }

    private void Take(ReadOnlySpan<byte> fullKey, in IndexValue found)
    {
        ReadOnlySpan<byte> key = fullKey[IndexKey.PrefixSize..];
        int keyAt = _bytes.Length;
        key.CopyTo(_bytes.GetSpan(key.Length));
        _bytes.Advance(key.Length);
        int valueAt = _bytes.Length;
        if (!_keysOnly)
        {
            _reads.ReadPinned(_view.Root, found, fullKey, _bytes);
        }

        _entries[_count++] = new Entry(
            keyAt, key.Length, valueAt, _bytes.Length - valueAt, found);
    }

    private readonly record struct Entry(
        int KeyAt, int KeyLength, int ValueAt, int ValueLength, IndexValue Found);
}

/// <summary>An entry of a scan with bytes of its own.</summary>
/// <param name="Key">The key.</param>
/// <param name="Value">The value; empty where only keys are read.</param>
/// <param name="Info">Version and expiry.</param>
public sealed record KeyValueEntry(
    ReadOnlyMemory<byte> Key, ReadOnlyMemory<byte> Value, ValueInfo Info);
