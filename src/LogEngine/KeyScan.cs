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
    /// <summary>Entries that are looked up in one step.</summary>
    private const int StepEntries = 64;

    /// <summary>Values are read ahead up to so many bytes.</summary>
    private const int AheadBytes = 1 << 20;

    private readonly EngineReads _reads;
    private readonly PinnedView _view;
    private readonly bool _ownsView;
    private readonly bool _keysOnly;
    private readonly bool _backward;
    private readonly ScanWindow _window;

    // The step: its entries, their keys, and the values of the first of them.
    private readonly IndexValue[] _entries = new IndexValue[StepEntries];
    private readonly int[] _keyEnds = new int[StepEntries];
    private readonly Range[] _valuesAt = new Range[StepEntries];
    private readonly PooledBytes _keys = new();
    private readonly PooledBytes _values = new();
    private IndexCursor? _cursor;

    /// <summary>Entries of the step.</summary>
    private int _count;

    /// <summary>The first whose value is at hand, and the first behind those.</summary>
    private int _readFrom;
    private int _readTo;
    private int _at = -1;

    /// <summary>The values of the step follow one another in the log.</summary>
    private bool _sequential;

    /// <summary>Those at hand are in the window; else they are copies.</summary>
    private bool _inWindow;
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
        _backward = range.Reverse;
        _window = reads.NewScanWindow();
        if (keyspace.TryResolve(view.Facts, out uint id))
        {
            (byte[] from, byte[] to) = EngineReads.Bounds(id, range.From, range.To);
            _cursor = view.Root.Seek(from, to, backward: range.Reverse);
        }
    }

    /// <summary>The current key; valid until the next move.</summary>
    /// <exception cref="InvalidOperationException">The scan stands on no entry.</exception>
    public ReadOnlySpan<byte> Key => FullKey(Current)[IndexKey.PrefixSize..];

    /// <summary>
    /// The current value, verified; valid until the next move. Empty where only keys are read.
    /// </summary>
    /// <exception cref="InvalidOperationException">The scan stands on no entry.</exception>
    public ReadOnlySpan<byte> Value
    {
        get
        {
            Range at = _valuesAt[Current];
            return _inWindow ? _window.Bytes[at] : _values.Written[at];
        }
    }

    /// <summary>Version and expiry of the current value.</summary>
    /// <exception cref="InvalidOperationException">The scan stands on no entry.</exception>
    public ValueInfo Info => EngineReads.InfoOf(_entries[Current]);

    private int Current => _at >= _readFrom && _at < _readTo
        ? _at
        : throw new InvalidOperationException("The scan stands on no entry.");

    /// <summary>
    /// Goes to the next entry; may read the disk on the calling thread. False at the end.
    /// </summary>
    /// <exception cref="CorruptionException">A value is damaged; it names the place.</exception>
    /// <exception cref="StorageIOException">A file cannot be read.</exception>
    /// <exception cref="ObjectDisposedException">The scan, its view or the engine is closed.</exception>
    public bool MoveNext()
    {
        if (_at + 1 < _readTo)
        {
            _at++;
            return true;
        }

        ObjectDisposedException.ThrowIf(_disposed, this);
        Advance();
        return _at < _readTo;
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
            bool more = _at + 1 < _readTo
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
        _readTo = 0;
        _cursor = null;
        _keys.Dispose();
        _values.Dispose();
        _window.Dispose();
        if (_ownsView)
        {
            _reads.Release(_view);
        }
    }

    /// <summary>Reads the values of the rest of the step, or goes on to the next one.</summary>
    private void Advance()
    {
        int slot = _reads.Gate.Enter();
        try
        {
            if (_readTo == _count)
            {
                TakeStep();
            }

            _readFrom = _readTo;
            _at = _readFrom;
            _values.Clear();
            _inWindow = _sequential && TakeFromWindow();
            if (!_inWindow)
            {
                CopyValues();
            }
        }
        finally
        {
            _reads.Gate.Leave(slot);
        }
    }

    private void TakeStep()
    {
        _count = 0;
        _readTo = 0;
        _keys.Clear();
        while (_count < StepEntries && _cursor is not null && _cursor.MoveNext())
        {
            IndexValue found = _cursor.Value;
            if (CommittedIndex.IsExpired(found, _view.NowTicks))
            {
                continue;
            }

            ReadOnlySpan<byte> key = _cursor.Key;
            key.CopyTo(_keys.GetSpan(key.Length));
            _keys.Advance(key.Length);
            _keyEnds[_count] = _keys.Length;
            _entries[_count++] = found;
        }

        _sequential = false;
        if (_keysOnly)
        {
            return;
        }

        Span<IndexValue> step = _entries.AsSpan(0, _count);
        _sequential = ScanWindow.IsWorthIt(step);
        if (!_sequential)
        {
            _reads.Prefetch(step);
        }
    }

    /// <summary>Takes what one stretch of the log holds; false where that is nothing.</summary>
    private bool TakeFromWindow()
    {
        while (_readTo < _count
            && _window.TryFind(
                _entries[_readTo],
                FullKey(_readTo),
                mayRead: _readTo == _readFrom,
                _backward,
                out _valuesAt[_readTo]))
        {
            _readTo++;
        }

        return _readTo > _readFrom;
    }

    private void CopyValues()
    {
        while (_readTo < _count && _values.Length < AheadBytes)
        {
            int start = _values.Length;
            if (!_keysOnly)
            {
                _reads.ReadPinned(_view.Root, _entries[_readTo], FullKey(_readTo), _values);
            }

            _valuesAt[_readTo++] = new Range(start, _values.Length);
        }
    }

    private ReadOnlySpan<byte> FullKey(int entry) =>
        _keys.Written[(entry == 0 ? 0 : _keyEnds[entry - 1]).._keyEnds[entry]];
}

/// <summary>An entry of a scan with bytes of its own.</summary>
/// <param name="Key">The key.</param>
/// <param name="Value">The value; empty where only keys are read.</param>
/// <param name="Info">Version and expiry.</param>
public sealed record KeyValueEntry(
    ReadOnlyMemory<byte> Key, ReadOnlyMemory<byte> Value, ValueInfo Info);
