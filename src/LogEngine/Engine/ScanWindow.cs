using LogEngine.Format;
using LogEngine.Index;
using LogEngine.Log;

namespace LogEngine.Engine;

/// <summary>Where a value lies in the file of its segment.</summary>
/// <param name="Offset">Offset in the file.</param>
/// <param name="Length">Bytes of the value.</param>
internal readonly record struct ValuePlace(long Offset, int Length);

/// <summary>
/// Values of a scan whose keys lie in the log in the order in which they are read: the segment is
/// read in stretches, forward ahead of the scan, and each value is verified and used where it lies.
/// </summary>
/// <remarks>
/// Not thread-safe. The bytes are a copy of its own. The segment that it reads is pinned until it
/// goes on to another one or is disposed.
/// </remarks>
internal sealed class ScanWindow(ValueReader values, IScheduler scheduler) : IDisposable
{
    /// <summary>Records that follow one another are not farther apart than this.</summary>
    private const int MostGap = 4096;

    /// <summary>Entries that say whether values follow one another, and the fewest that do.</summary>
    private const int Sample = 32;
    private const int LeastSample = 8;

    /// <summary>
    /// Bytes that stay at hand behind a value where the order is only about that of the keys:
    /// several writers at once leave it so.
    /// </summary>
    private const int Behind = 128 << 10;

    private SegmentSlot? _slot;
    private ReadHandle? _handle;
    private FileWindow? _file;

    /// <summary>Where in the file every record is right.</summary>
    private VerifiedRange _verified;

    /// <summary>Bytes that stay at hand; none until a value lay a little behind.</summary>
    private int _behind;

    /// <summary>
    /// Whether most of the entries from the present one on, as far as they are at hand, follow one
    /// another in one segment, in either direction.
    /// </summary>
    internal static bool IsWorthIt(IndexCursor cursor)
    {
        Span<ulong> ahead = stackalloc ulong[Sample];
        int count = cursor.PeekLocations(ahead);
        Location before = new(cursor.Value.Location);
        int near = 0;
        foreach (ulong word in ahead[..count])
        {
            Location here = new(word);
            near += here.Slot == before.Slot && IsNear(before, here) ? 1 : 0;
            before = here;
        }

        return count >= LeastSample && near >= count * 3 / 4;
    }

    /// <summary>Whether an entry's value goes on where the stretch ends.</summary>
    internal bool IsNext(in IndexValue entry)
    {
        Location location = new(entry.Location);
        return _file is { } file
            && location.Slot == _slot!.Number
            && location.Offset - file.End is > -MostGap and < MostGap;
    }

    /// <summary>
    /// Finds a value in the stretch, verified; false where it is not in it. It does not read the
    /// file.
    /// </summary>
    /// <param name="entry">What the index says.</param>
    /// <param name="key">The key with its prefix.</param>
    /// <param name="value">Where the value is; see <see cref="Bytes"/>.</param>
    /// <exception cref="CorruptionException">It is damaged.</exception>
    internal bool TryFind(in IndexValue entry, ReadOnlySpan<byte> key, out ValuePlace value)
    {
        Location location = new(entry.Location);
        value = default;
        if (_slot is not { } slot || slot.Number != location.Slot)
        {
            return false;
        }

        ReadOnlySpan<byte> record = _file!.Peek(location.Offset, location.PaddedLength);
        if (record.IsEmpty)
        {
            return false;
        }

        if (!_verified.Contains(location.Offset))
        {
            VerifyFrom(slot, location.Offset);
        }

        if (location.Offset + record.Length > _verified.To
            || !ValueReader.TryGetValue(record, entry.Version, key, out ReadOnlySpan<byte> found))
        {
            // Damaged, or not what it should be: says which, and where.
            found = ValueReader.Verify(slot, location, record, entry.Version, key);
        }

        long end = location.Offset + RecordHeader.ReadLength(record);
        value = new ValuePlace(end - found.Length, found.Length);
        return true;
    }

    /// <summary>A value that was found; valid until another stretch is read.</summary>
    internal ReadOnlySpan<byte> Bytes(ValuePlace value) =>
        value.Length == 0 ? default : _file!.Peek(value.Offset, value.Length);

    /// <summary>
    /// Reads the stretch that begins with a value, or, backward, ends with it. False where the value
    /// must be read by itself.
    /// </summary>
    /// <exception cref="StorageIOException">The file cannot be read.</exception>
    internal bool TryFill(in IndexValue entry, bool backward)
    {
        Location location = new(entry.Location);
        if (location.PaddedLength > FileWindow.DefaultBytes / 2 || !TryEnter(location, backward))
        {
            return false;
        }

        // Up to what is written for sure.
        long limit = _slot!.Segment.ReadableEnd;
        long end = location.Offset + location.PaddedLength;
        long first = backward
            ? end - FileWindow.DefaultBytes + _slot.Segment.Header.Alignment
            : FirstWanted(location.Offset);
        first = Math.Max(0, first);

        // What is read again is verified again.
        _verified = default;
        return end <= limit && !_file!.Read(first, (int)(end - first), limit).IsEmpty;
    }

    public void Dispose() => Leave();

    private static bool IsNear(Location before, Location here) =>
        Math.Abs(here.Offset - before.Offset) - before.PaddedLength < MostGap;

    /// <summary>Verifies a record and those right behind it, unless that was done.</summary>
    private void VerifyFrom(SegmentSlot slot, long offset)
    {
        VerifiedRange ahead = _file!.Verified;
        if (ahead.Contains(offset))
        {
            _verified = ahead;
            return;
        }

        ReadOnlySpan<byte> bytes = _file.Peek(offset, (int)(_file.End - offset));
        long most = offset < ahead.From ? ahead.From - offset : long.MaxValue;
        int run = RecordHeader.VerifyRun(
            bytes,
            slot.SaltState,
            offset,
            RecordHeader.ReadSequence(bytes),
            int.MaxValue,
            (int)Math.Min(most, RecordHeader.AheadBytes),
            out _);
        _verified = new VerifiedRange(offset, offset + run);
    }

    private long FirstWanted(long offset)
    {
        long start = _file!.Start;
        if (offset < start)
        {
            _behind = start - offset < FileWindow.DefaultBytes ? Behind : _behind;
            return offset - _behind;
        }

        // Not before what is at hand: where the file is read on, it is read once.
        long first = offset - _behind;
        return start < _file.End && offset - _file.End < MostGap ? Math.Max(start, first) : first;
    }

    private bool TryEnter(Location location, bool backward)
    {
        SegmentSlot? slot = values.SlotOf(location);
        if (slot is not null && slot == _slot)
        {
            return true;
        }

        Leave();
        if (slot is null || !slot.Segment.TryPin())
        {
            return false;
        }

        try
        {
            _handle = values.PinHandle(slot);
        }
        catch
        {
            slot.Segment.Unpin();
            throw;
        }

        _slot = slot;
        _file = new FileWindow(_handle.File, slot.Segment.Header.Alignment, owned: false);
        if (!backward)
        {
            _file.AllowReadAhead(
                scheduler,
                slot.Segment.ReadableEnd,
                new AheadVerifier(slot.Segment.Header));
        }

        return true;
    }

    private void Leave()
    {
        if (_slot is { } slot)
        {
            _slot = null;
            _file!.Dispose();
            _file = null;
            _handle!.Unpin();
            _handle = null;
            slot.Segment.Unpin();
        }
    }
}
