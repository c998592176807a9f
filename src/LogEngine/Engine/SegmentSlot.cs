using LogEngine.Format;
using LogEngine.Log;

namespace LogEngine.Engine;

/// <summary>A segment that locations point into, and how much of it is still pointed at.</summary>
/// <remarks>
/// The counts belong to the commit role, which follows the pending state; others read them without
/// a lock and may be a moment behind, which is why freeing looks at <see cref="EmptiedAt"/> too.
/// </remarks>
internal sealed class SegmentSlot
{
    private long _liveBytes;
    private long _liveRecords;
    private long _emptiedAt;
    private readonly ulong _cacheBase;

    // Since it was opened: of an earlier life nothing is known but what lives.
    private long _relocatedBytes;
    private long _diedBytes;
    private ReadHandle? _handle;

    internal SegmentSlot(int number, Segment segment)
    {
        Number = number;
        Segment = segment;
        SaltState = Crc32C.Append(Crc32C.Start, segment.Header.Salt);
        _emptiedAt = segment.FirstSequence;
        _cacheBase = segment.Header.SegmentId << 27;
    }

    internal int Number { get; }

    internal Segment Segment { get; }

    /// <summary>Checksum state after the segment's salt.</summary>
    internal uint SaltState { get; }

    /// <summary>Bytes of records that the index points at.</summary>
    internal long LiveBytes => Volatile.Read(ref _liveBytes);

    /// <summary>Records that the index points at.</summary>
    internal long LiveRecords => Volatile.Read(ref _liveRecords);

    /// <summary>
    /// Bytes that rewriting it could give back. Where all that lives in it has been moved there, the
    /// padding is as tight as it gets, and only what has died since counts: otherwise compaction
    /// would go on rewriting what it has written, without an end.
    /// </summary>
    internal long DeadBytes => Volatile.Read(ref _relocatedBytes) >= LiveBytes
        ? Volatile.Read(ref _diedBytes)
        : SpaceBytes - LiveBytes;

    /// <summary>Bytes that groups take in its file.</summary>
    internal long SpaceBytes => Math.Max(1, Segment.ReadableEnd - Segment.Header.Alignment);

    /// <summary>
    /// Sequence with which the last pointer went away; roots before it may still point here.
    /// Meaningful while there is none.
    /// </summary>
    internal long EmptiedAt => Volatile.Read(ref _emptiedAt);

    /// <summary>A live record could not be read: the segment is kept as it is.</summary>
    internal bool IsQuarantined { get; set; }

    /// <summary>What was live in it has been moved: what points at it still did so a moment ago.</summary>
    internal bool IsCompacted { get; set; }

    /// <summary>Names a record of the segment for ever: no other segment has the id.</summary>
    internal ulong CacheKey(long offset) =>
        _cacheBase | ((ulong)offset / FormatLimits.FieldAlignment);

    /// <summary>
    /// The state has been loaded up to a sequence: older roots, in snapshots, may point here though
    /// this one does not.
    /// </summary>
    internal void NoteLoaded(long sequence) =>
        Volatile.Write(ref _emptiedAt, Math.Max(_emptiedAt, sequence));

    internal void Add(int bytes)
    {
        Volatile.Write(ref _liveBytes, _liveBytes + bytes);
        Volatile.Write(ref _liveRecords, _liveRecords + 1);
    }

    /// <summary>As <see cref="Add"/>, for what compaction has moved here.</summary>
    internal void AddRelocated(int bytes)
    {
        Add(bytes);
        Volatile.Write(ref _relocatedBytes, _relocatedBytes + bytes);
    }

    internal void Remove(int bytes, long sequence)
    {
        Volatile.Write(ref _diedBytes, _diedBytes + bytes);
        Volatile.Write(ref _liveBytes, _liveBytes - bytes);
        long left = _liveRecords - 1;
        if (left == 0)
        {
            Volatile.Write(ref _emptiedAt, sequence);
        }

        Volatile.Write(ref _liveRecords, left);
    }

    /// <summary>The open file for point reads, if there is one and it may be used.</summary>
    internal ReadHandle? TryPinHandle()
    {
        ReadHandle? handle = Volatile.Read(ref _handle);
        return handle is not null && handle.TryPin() ? handle : null;
    }

    /// <summary>Replaces the open file; the old one closes when nobody reads from it.</summary>
    internal void SwapHandle(ReadHandle? handle) =>
        Interlocked.Exchange(ref _handle, handle)?.Retire();
}
