using LogEngine.Index;

namespace LogEngine.Engine;

/// <summary>
/// Entries of a scan whose values lie all over the log: looked up many at a time, so that the
/// latencies of memory overlap, and copied. Not thread-safe.
/// </summary>
internal sealed class ScanStep(EngineReads reads, PinnedView view) : IDisposable
{
    /// <summary>Entries that are looked up at once.</summary>
    private const int MostEntries = 64;

    /// <summary>Room for so many at first: many a scan is of a few keys.</summary>
    private const int FirstEntries = 4;

    /// <summary>Values are read ahead up to so many bytes.</summary>
    private const int AheadBytes = 1 << 20;

    private IndexValue[] _entries = [];
    private int[] _keyEnds = [];
    private int[] _valueEnds = [];
    private readonly PooledBytes _keys = new();
    private readonly PooledBytes _values = new();
    private int _count;

    /// <summary>The first whose value is at hand, and the first behind those.</summary>
    private int _readFrom;
    private int _readTo;
    private int _at = -1;

    /// <summary>Whether there are entries whose values are not read yet.</summary>
    internal bool HasMore => _readTo < _count;

    /// <summary>Entries that have been taken.</summary>
    internal int Count => _count;

    internal IndexValue Entry => _entries[_at];

    internal ReadOnlySpan<byte> Key => KeyOf(_at)[IndexKey.PrefixSize..];

    internal ReadOnlySpan<byte> Value => _values.Written[
        (_at == _readFrom ? 0 : _valueEnds[_at - 1]).._valueEnds[_at]];

    /// <summary>Goes to the next entry whose value is at hand.</summary>
    internal bool MoveNext()
    {
        if (_at + 1 >= _readTo)
        {
            return false;
        }

        _at++;
        return true;
    }

    /// <summary>Takes the entry that a cursor stands on, and those behind it.</summary>
    internal void Take(IndexCursor cursor)
    {
        _count = 0;
        _readFrom = 0;
        _readTo = 0;
        _at = -1;
        _keys.Clear();
        do
        {
            IndexValue found = cursor.Value;
            if (found.IsExpiredAt(view.NowTicks))
            {
                continue;
            }

            if (_count == _entries.Length)
            {
                int room = Math.Min(MostEntries, Math.Max(FirstEntries, 4 * _count));
                Array.Resize(ref _entries, room);
                Array.Resize(ref _keyEnds, room);
                Array.Resize(ref _valueEnds, room);
            }

            ReadOnlySpan<byte> key = cursor.Key;
            key.CopyTo(_keys.GetSpan(key.Length));
            _keys.Advance(key.Length);
            _keyEnds[_count] = _keys.Length;
            _entries[_count++] = found;
        }
        while (_count < MostEntries && cursor.MoveNext());

        reads.Prefetch(_entries.AsSpan(0, _count));
    }

    /// <summary>
    /// Reads the next values. One that fails does so when it is the first: those before it are given
    /// out.
    /// </summary>
    internal void ReadValues()
    {
        _readFrom = _readTo;
        _at = _readFrom - 1;
        _values.Clear();
        while (_readTo < _count && _values.Length < AheadBytes)
        {
            try
            {
                reads.ReadPinned(view.Root, _entries[_readTo], KeyOf(_readTo), _values);
            }
            catch (LogEngineException) when (_readTo > _readFrom)
            {
                return;
            }

            _valueEnds[_readTo++] = _values.Length;
        }
    }

    public void Dispose()
    {
        _count = 0;
        _readTo = 0;
        _at = -1;
        _keys.Dispose();
        _values.Dispose();
    }

    private ReadOnlySpan<byte> KeyOf(int entry) =>
        _keys.Written[(entry == 0 ? 0 : _keyEnds[entry - 1]).._keyEnds[entry]];
}
