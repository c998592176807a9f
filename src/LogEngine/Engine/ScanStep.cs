using System.Buffers;
using LogEngine.Index;

namespace LogEngine.Engine;

/// <summary>
/// Entries of a scan whose values lie all over the log: taken some at a time, so that their values can be
/// read in the order in which they lie, and copied. Not thread-safe.
/// </summary>
internal sealed class ScanStep(EngineReads reads, PinnedView view) : IDisposable
{
    /// <summary>Entries of a first step: many a scan is of a few keys.</summary>
    internal const int FirstEntries = 4;

    /// <summary>
    /// Each step is so many times the one before, up to the most: what is read in vain is never more than
    /// what was given out.
    /// </summary>
    internal const int Growth = 2;

    /// <summary>
    /// Entries of a step at most: the more there are, the more of them are neighbours in the log.
    /// </summary>
    internal const int MostEntries = 4096;

    /// <summary>
    /// Bytes of values that are read at once, for each entry of the step: so a first step reads little
    /// of large values too.
    /// </summary>
    private const int BytesPerEntry = 4 << 10;

    /// <summary>Values are read ahead up to so many bytes.</summary>
    private const int MostBytes = 1 << 20;

    private readonly PooledBytes _keys = new();
    private readonly StepValues _values = new(reads);

    // Rented with the first entry.
    private IndexValue[] _entries = [];
    private int[] _keyEnds = [];
    private int _count;
    private long _budget;

    /// <summary>The first whose value is at hand, and the first behind those.</summary>
    private int _readFrom;
    private int _readTo;
    private int _at = -1;

    /// <summary>Whether there are entries whose values are not read yet.</summary>
    internal bool HasMore => _readTo < _count;

    /// <summary>Entries that have been taken.</summary>
    internal int Count => _count;

    internal IndexValue Entry => _entries[_at];

    internal ReadOnlySpan<byte> Key => Taken(_at).KeyOf(0)[IndexKey.PrefixSize..];

    internal ReadOnlySpan<byte> Value => _values[_at - _readFrom];

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
    /// <param name="cursor">The cursor; it ends on the last one taken.</param>
    /// <param name="most">How many are taken at most.</param>
    internal void Take(IndexCursor cursor, int most)
    {
        Clear();
        _budget = Math.Min(MostBytes, (long)most * BytesPerEntry);
        if (_entries.Length < most)
        {
            ReturnArrays();
            _entries = ArrayPool<IndexValue>.Shared.Rent(most);
            _keyEnds = ArrayPool<int>.Shared.Rent(most);
        }

        do
        {
            IndexValue found = cursor.Value;
            if (found.IsExpiredAt(view.NowTicks))
            {
                continue;
            }

            ReadOnlySpan<byte> key = cursor.Key;
            key.CopyTo(_keys.GetSpan(key.Length));
            _keys.Advance(key.Length);
            _keyEnds[_count] = _keys.Length;
            _entries[_count++] = found;
        }
        while (_count < most && cursor.MoveNext());
    }

    /// <summary>
    /// Reads the next values. One that fails does so when it is the first: those before it are given
    /// out.
    /// </summary>
    /// <exception cref="CorruptionException">The first one is damaged.</exception>
    /// <exception cref="StorageIOException">Its file cannot be read.</exception>
    internal void ReadValues()
    {
        _readFrom = _readTo;
        _at = _readFrom - 1;
        _readTo += _values.Read(view.Root, Taken(_readFrom), _budget);
    }

    public void Dispose()
    {
        Clear();
        ReturnArrays();
        _keys.Dispose();
        _values.Dispose();
    }

    private void Clear()
    {
        _count = 0;
        _readFrom = 0;
        _readTo = 0;
        _at = -1;
        _keys.Clear();
    }

    private void ReturnArrays()
    {
        if (_entries.Length > 0)
        {
            ArrayPool<IndexValue>.Shared.Return(_entries);
            ArrayPool<int>.Shared.Return(_keyEnds);
            _entries = [];
            _keyEnds = [];
        }
    }

    private TakenEntries Taken(int from) => new(
        _entries.AsSpan(from, _count - from),
        _keys.Written,
        _keyEnds.AsSpan(from, _count - from),
        from == 0 ? 0 : _keyEnds[from - 1]);
}

/// <summary>Entries of the index with their keys.</summary>
/// <param name="values">What the index says of each.</param>
/// <param name="keys">The keys, one behind the other.</param>
/// <param name="ends">Where each of them ends.</param>
/// <param name="start">Where the first of them begins.</param>
internal readonly ref struct TakenEntries(
    ReadOnlySpan<IndexValue> values, ReadOnlySpan<byte> keys, ReadOnlySpan<int> ends, int start)
{
    private readonly ReadOnlySpan<byte> _keys = keys;
    private readonly ReadOnlySpan<int> _ends = ends;

    internal ReadOnlySpan<IndexValue> Values { get; } = values;

    internal ReadOnlySpan<byte> KeyOf(int entry) =>
        _keys[(entry == 0 ? start : _ends[entry - 1]).._ends[entry]];
}
