using System.Buffers;
using LogEngine.Index;

namespace LogEngine.Engine;

/// <summary>
/// Values of entries that are wanted together: from the cache, and the rest from the files in the order in
/// which they lie there, neighbours by one read. Not thread-safe.
/// </summary>
internal sealed class StepValues(EngineReads reads) : IDisposable
{
    /// <summary>Of two values that are no farther apart, both are read by one read.</summary>
    private const int MostGap = 8 << 10;

    /// <summary>Bytes of a read of several values.</summary>
    private const int MostRunBytes = 128 << 10;

    /// <summary>Values that are prefetched before they are copied.</summary>
    private const int Prefetched = 64;

    private readonly ValueReader _reader = reads.Values;
    private readonly PooledBytes _bytes = new();

    // Rented as they are needed.
    private Range[] _places = [];
    private ulong[] _words = [];
    private int[] _missing = [];
    private byte[] _buffer = [];

    /// <summary>The first entry whose value failed, and how.</summary>
    private int _failed;
    private LogEngineException? _failure;

    /// <summary>A value that was read.</summary>
    /// <param name="entry">Which of the entries, from 0.</param>
    internal ReadOnlySpan<byte> this[int entry] => _bytes.Written[_places[entry]];

    /// <summary>Reads values of the first entries, of so many bytes, or one of any size.</summary>
    /// <returns>How many are at hand: up to the first that failed.</returns>
    /// <exception cref="CorruptionException">The first one is damaged.</exception>
    /// <exception cref="StorageIOException">Its file cannot be read.</exception>
    internal int Read(PinnedRoot root, TakenEntries entries, long budget)
    {
        _bytes.Clear();
        if (_places.Length < entries.Values.Length)
        {
            ReturnTo(ref _places);
            _places = ArrayPool<Range>.Shared.Rent(entries.Values.Length);
        }

        if (new Location(entries.Values[0].Location).IsChunkSet)
        {
            reads.ReadPinned(root, entries.Values[0], entries.KeyOf(0), _bytes);
            _places[0] = .._bytes.Length;
            return 1;
        }

        int count = TakeCached(entries.Values, budget, out int missing);
        _failed = count;
        _failure = null;
        ReadMissing(entries, missing);
        return _failed > 0 ? _failed : throw _failure!;
    }

    public void Dispose()
    {
        _bytes.Dispose();
        ReturnBuffer();
        ReturnTo(ref _places);
        ReturnTo(ref _words);
        ReturnTo(ref _missing);
    }

    private static void ReturnTo<T>(ref T[] rented)
    {
        if (rented.Length > 0)
        {
            ArrayPool<T>.Shared.Return(rented);
            rented = [];
        }
    }

    private void ReturnBuffer()
    {
        if (_buffer.Length > 0)
        {
            RentedBytes.Return(_buffer);
            _buffer = [];
        }
    }

    /// <summary>
    /// Copies what the cache has and notes the rest; up to the budget, and to a value of many parts, which
    /// is read by itself.
    /// </summary>
    private int TakeCached(ReadOnlySpan<IndexValue> entries, long budget, out int missing)
    {
        missing = 0;
        int count = 0;
        for (long bytes = 0; count < entries.Length && bytes < budget; count++)
        {
            if (count % Prefetched == 0)
            {
                reads.Prefetch(entries.Slice(count, Math.Min(Prefetched, entries.Length - count)));
            }

            Location location = new(entries[count].Location);
            if (location.IsChunkSet)
            {
                break;
            }

            bytes += location.PaddedLength;
            int start = _bytes.Length;
            if (_reader.TryReadCached(entries[count], _bytes))
            {
                _places[count] = start.._bytes.Length;
                continue;
            }

            if (_words.Length < entries.Length)
            {
                ReturnTo(ref _words);
                ReturnTo(ref _missing);
                _words = ArrayPool<ulong>.Shared.Rent(entries.Length);
                _missing = ArrayPool<int>.Shared.Rent(entries.Length);
            }

            _words[missing] = location.Word;
            _missing[missing++] = count;
        }

        return count;
    }

    private void ReadMissing(TakenEntries entries, int missing)
    {
        // The order of locations as numbers is that of segments, and in each that of offsets.
        _words.AsSpan(0, missing).Sort(_missing.AsSpan(0, missing));
        for (int from = 0; from < missing;)
        {
            int to = from + 1;
            int number = new Location(_words[from]).Slot;
            while (to < missing && new Location(_words[to]).Slot == number)
            {
                to++;
            }

            ReadSegment(entries, from, to);
            from = to;
        }
    }

    /// <summary>Reads the values that lie in one segment.</summary>
    private void ReadSegment(TakenEntries entries, int from, int to)
    {
        if (_reader.SlotOf(new Location(_words[from])) is not { } slot || !slot.Segment.TryPin())
        {
            for (int i = from; i < to; i++)
            {
                Fail(_missing[i], _reader.Gone(entries.Values[_missing[i]]));
            }

            return;
        }

        ReadHandle? handle = null;
        try
        {
            handle = _reader.PinHandle(slot);
            for (int next; from < to; from = next)
            {
                next = EndOfRun(from, to);
                ReadRun(entries, handle, slot, from, next);
            }
        }
        catch (StorageIOException error) when (handle is null)
        {
            for (int i = from; i < to; i++)
            {
                Fail(_missing[i], error);
            }
        }
        finally
        {
            handle?.Unpin();
            slot.Segment.Unpin();
        }
    }

    /// <summary>The first behind those that are read together with one.</summary>
    private int EndOfRun(int from, int missing)
    {
        Location first = new(_words[from]);
        long end = first.Offset + first.PaddedLength;
        int to = from + 1;
        for (; to < missing; to++)
        {
            Location next = new(_words[to]);
            if (next.Offset - end > MostGap
                || next.Offset + next.PaddedLength - first.Offset > MostRunBytes)
            {
                break;
            }

            end = next.Offset + next.PaddedLength;
        }

        return to;
    }

    private void ReadRun(
        TakenEntries entries, ReadHandle handle, SegmentSlot slot, int from, int to)
    {
        long start = new Location(_words[from]).Offset;
        Location last = new(_words[to - 1]);
        int length = (int)(last.Offset + last.PaddedLength - start);
        if (_buffer.Length < length)
        {
            ReturnBuffer();
            _buffer = RentedBytes.Rent(length);
        }

        Span<byte> run = _buffer.AsSpan(0, length);
        try
        {
            _reader.ReadBytes(handle, slot, start, run);
        }
        catch (StorageIOException error)
        {
            if (to - from == 1)
            {
                Fail(_missing[from], error);
                return;
            }

            // Which of them cannot be read is for its own read to say.
            for (int i = from; i < to; i++)
            {
                ReadRun(entries, handle, slot, i, i + 1);
            }

            return;
        }

        for (int i = from; i < to; i++)
        {
            Location location = new(_words[i]);
            TakeRecord(
                entries,
                _missing[i],
                slot,
                run.Slice((int)(location.Offset - start), location.PaddedLength));
        }
    }

    private void TakeRecord(TakenEntries entries, int entry, SegmentSlot slot, ReadOnlySpan<byte> record)
    {
        IndexValue now = entries.Values[entry];
        Location location = new(now.Location);
        if (ValueReader.Examine(
            slot, location, record, now.Version, entries.KeyOf(entry), out ReadOnlySpan<byte> value)
            is { } damage)
        {
            Fail(entry, damage);
            return;
        }

        int start = _bytes.Length;
        _bytes.Write(value);
        _places[entry] = start.._bytes.Length;
        _reader.Keep(slot, location, value);
    }

    private void Fail(int entry, LogEngineException failure)
    {
        if (entry < _failed)
        {
            _failed = entry;
            _failure = failure;
        }
    }
}
