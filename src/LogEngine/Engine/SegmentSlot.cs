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
    private long _diedBytes;

    // Of whoever watches: how it stood when it was looked at last.
    private long _diedAtLook;
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

    /// <summary>Bytes of it that lately died for each byte of log that was written.</summary>
    internal double DeathRate { get; private set; }

    /// <summary>
    /// So much log was written since it was looked at last. More deaths count at once, fewer only by
    /// half: a pause in a queue's draining is no end of it.
    /// </summary>
    internal void NoteDied(long log)
    {
        long died = Volatile.Read(ref _diedBytes);
        double rate = (double)(died - _diedAtLook) / log;
        _diedAtLook = died;
        DeathRate = Math.Max(rate, (rate + DeathRate) / 2);
    }

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
