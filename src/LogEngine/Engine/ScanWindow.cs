using LogEngine.Index;
using LogEngine.Storage;

namespace LogEngine.Engine;

/// <summary>
/// Values of a scan whose keys lie in the log in the order in which they are read: a stretch of the
/// segment is read at once, and each value is verified and taken from it.
/// </summary>
/// <remarks>Not thread-safe. The bytes are a copy of its own: nothing is pinned between two calls.</remarks>
internal sealed class ScanWindow(ValueReader values) : IDisposable
{
    /// <summary>Bytes that are read at once.</summary>
    private const int WindowBytes = 256 << 10;

    /// <summary>Records that follow one another are not farther apart than this.</summary>
    private const int MostGap = 4096;

    private AlignedBuffer? _buffer;
    private SegmentSlot? _slot;
    private long _start;
    private long _end;

    /// <summary>
    /// Whether most of the entries follow one another in one segment, in either direction.
    /// </summary>
    internal static bool IsWorthIt(ReadOnlySpan<IndexValue> entries)
    {
        int near = 0;
        for (int i = 1; i < entries.Length; i++)
        {
            Location before = new(entries[i - 1].Location);
            Location here = new(entries[i].Location);
            long gap = Math.Abs(here.Offset - before.Offset) - before.PaddedLength;
            near += here.Slot == before.Slot && gap < MostGap ? 1 : 0;
        }

        return entries.Length > 8 && near >= entries.Length * 3 / 4;
    }

    /// <summary>The stretch that was read last; valid until the next one is read.</summary>
    internal ReadOnlySpan<byte> Bytes => _buffer!.Span;

    /// <summary>
    /// Finds a value in the stretch, verified; false where it is not in it, or must be read by
    /// itself.
    /// </summary>
    /// <param name="entry">What the index says.</param>
    /// <param name="key">The key with its prefix.</param>
    /// <param name="mayRead">
    /// Whether another stretch may be read, beginning with the value, or ending with it.
    /// </param>
    /// <param name="backward">Ending with it.</param>
    /// <param name="value">Where the value is in <see cref="Bytes"/>.</param>
    /// <exception cref="CorruptionException">It is damaged.</exception>
    internal bool TryFind(
        in IndexValue entry, ReadOnlySpan<byte> key, bool mayRead, bool backward, out Range value)
    {
        Location location = new(entry.Location);
        if (location.IsChunkSet
            || (!Covers(location) && !(mayRead && TryFill(location, backward))))
        {
            value = default;
            return false;
        }

        int at = (int)(location.Offset - _start);
        ReadOnlySpan<byte> record = _buffer!.Span.Slice(at, location.PaddedLength);
        int length = ValueReader.Verify(_slot!, location, record, entry, key, out int valueAt);
        value = new Range(at + valueAt, at + valueAt + length);
        return true;
    }

    public void Dispose()
    {
        _buffer?.Dispose();
        _buffer = null;
        _slot = null;
    }

    private bool Covers(Location location) =>
        _slot is { } slot
        && slot.Number == location.Slot
        && location.Offset >= _start
        && location.Offset + location.PaddedLength <= _end;

    private bool TryFill(Location location, bool backward)
    {
        _slot = null;
        if (values.SlotOf(location) is not { } slot || location.PaddedLength > WindowBytes / 2)
        {
            return false;
        }

        int alignment = slot.Segment.Header.Alignment;
        long first = backward
            ? Math.Max(0, location.Offset + location.PaddedLength - WindowBytes)
            : location.Offset;
        long start = first / alignment * alignment;
        _buffer ??= new AlignedBuffer(WindowBytes + (2 * alignment), zeroed: false);

        // Up to what is written for sure, in whole blocks.
        long end = Math.Min(
            slot.Segment.ReadableEnd, start + (_buffer.Length / alignment * alignment));
        if (location.Offset + location.PaddedLength > end
            || !values.TryReadStretch(slot, start, _buffer.Span[..(int)(end - start)]))
        {
            return false;
        }

        _slot = slot;
        _start = start;
        _end = end;
        return true;
    }
}
