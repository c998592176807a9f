using System.Diagnostics;
using LogEngine.Format;
using LogEngine.Storage;

namespace LogEngine.Log;

/// <summary>A place in an open group: what a producer fills outside the gate.</summary>
/// <param name="Group">The group.</param>
/// <param name="At">Byte offset in the group.</param>
/// <param name="Sequence">First sequence of the reservation.</param>
internal readonly record struct Reservation(Group Group, int At, long Sequence);

/// <summary>
/// The records that one commit writes, in the buffer they are written from. While some are on their
/// way, the next fills.
/// </summary>
/// <remarks>
/// All fields change under the commit queue's gate while the group is open, and belong to whoever has
/// the commit role once it is sealed; of one that is in flight to the thread that writes it, and then
/// to the one that lands it. The bytes of a reservation belong to its producer until it has
/// called <see cref="CountCopied"/>.
/// </remarks>
internal sealed class Group : IDisposable
{
    private readonly AlignedBuffer _buffer;

    /// <summary>Room in front of the group for the header block of a segment it may open.</summary>
    private readonly int _headroom;

    /// <summary>Whether it is wanted how long appends waited for it: each is then a look at the clock.</summary>
    private readonly bool _isTimed;

    private int _reserved;
    private int _copied;

    internal Group(int headroom, int length, bool isTimed = false)
    {
        _isTimed = isTimed;
        _headroom = headroom;
        _buffer = new AlignedBuffer(checked(headroom + length), zeroed: false);
    }

    /// <summary>The segment it goes to; set when it opens.</summary>
    internal ActiveSegment Segment { get; private set; } = null!;

    /// <summary>Its offset in the segment's file.</summary>
    internal long Offset { get; private set; }

    internal long FirstSequence { get; private set; }

    internal int RecordCount { get; private set; }

    /// <summary>
    /// Records that an earlier commit has written already, in front of those that are added now; 0 for a
    /// group that is new.
    /// </summary>
    internal int WrittenCount { get; private set; }

    /// <summary>Where those end; behind the header for a group that is new.</summary>
    internal int WrittenEnd { get; private set; }

    /// <summary>Time in its header, from its first write on; 0 before.</summary>
    internal long TimeTicks { get; private set; }

    /// <summary>Bytes used, the header included.</summary>
    internal int Used { get; private set; }

    /// <summary>Most bytes it may use.</summary>
    internal int Limit { get; private set; }

    internal Durability Strongest { get; private set; }

    /// <summary>Appends that wait for this group.</summary>
    internal WaiterList Waiters { get; } = new();

    /// <summary>Appends whose records are decided about when the group is sealed.</summary>
    internal WaiterList Late { get; } = new();

    /// <summary>Bytes that those may take at most.</summary>
    private int _lateBytes;

    /// <summary>How it is in flight; reset when it is launched.</summary>
    internal Flight Flight { get; } = new();

    /// <summary>How many they are, those that are not decided yet included.</summary>
    internal int WaiterCount { get; private set; }

    /// <summary>Moments at which they came, in ticks of the stopwatch since it was opened, summed up.</summary>
    private double _came;
    private long _openedAt;

    /// <summary>One more waits for it.</summary>
    internal void CountWaiter()
    {
        WaiterCount++;
        if (_isTimed)
        {
            _came += Stopwatch.GetTimestamp() - _openedAt;
        }
    }

    /// <summary>
    /// How long all of them have waited until now, summed up, in ticks of the stopwatch; of a group that is timed.
    /// </summary>
    internal double Waited =>
        ((double)WaiterCount * (Stopwatch.GetTimestamp() - _openedAt)) - _came;

    internal long LastSequence => FirstSequence + RecordCount - 1;

    /// <summary>Records that its commit adds.</summary>
    internal int AddedCount => RecordCount - WrittenCount;

    /// <summary>First sequence that its commit adds, if it adds any.</summary>
    internal long FirstAdded => FirstSequence + WrittenCount;

    /// <summary>It is on disk, and records may be added to it.</summary>
    internal bool Grows => WrittenCount > 0;

    /// <summary>Whether there is anything to be committed, or decided.</summary>
    internal bool HasWork => AddedCount > 0 || !Late.IsEmpty;

    /// <summary>Whether the segment's header block is written with it.</summary>
    internal bool OpensSegment => Offset == Segment.Header.Alignment && !Segment.HeaderWritten;

    /// <summary>Makes it the open group.</summary>
    internal void Open(ActiveSegment segment, long offset, long firstSequence, int limit)
    {
        Segment = segment;
        Offset = offset;
        FirstSequence = firstSequence;
        RecordCount = 0;
        WrittenCount = 0;
        WrittenEnd = GroupHeader.Size;
        TimeTicks = 0;
        Used = GroupHeader.Size;
        Limit = limit;
        Begin();
    }

    /// <summary>
    /// Makes a group that has been written the open group again: what is added to it is written with it.
    /// </summary>
    internal void Reopen(int limit)
    {
        WrittenCount = RecordCount;
        WrittenEnd = Used;
        Limit = limit;
        Begin();
    }

    private void Begin()
    {
        WaiterCount = 0;
        _came = 0;
        _openedAt = _isTimed ? Stopwatch.GetTimestamp() : 0;
        Strongest = Durability.None;
        _lateBytes = 0;
        _reserved = 0;
        _copied = 0;
    }

    /// <summary>More space has been allocated behind it.</summary>
    internal void RaiseLimit(int limit)
    {
        if (!Grows)
        {
            Limit = Math.Max(Limit, limit);
        }
    }

    /// <summary>Whether a batch of that encoded size fits.</summary>
    internal bool Fits(long size) => Used + _lateBytes + size <= Limit;

    /// <summary>Takes a place for a batch that fits.</summary>
    internal Reservation Reserve(int size, int records, Durability durability)
    {
        Reservation place = new(this, Used, FirstSequence + RecordCount);
        Used += size;
        RecordCount += records;
        _reserved++;
        Strengthen(durability);
        return place;
    }

    /// <summary>Keeps room for a late batch that fits.</summary>
    internal void ReserveLate(AppendWaiter waiter)
    {
        _lateBytes += (int)waiter.Size;
        Late.Add(waiter);
        CountWaiter();
        Strengthen(waiter.Durability);
    }

    /// <summary>
    /// Encodes what a late batch keeps, at the end of the sealed group. Commit role only.
    /// </summary>
    /// <returns>Records written, from the group's next sequence on.</returns>
    internal int AppendLate(LateBatch late, List<int> kept, ref long payloadBytes)
    {
        kept.Clear();
        for (int i = 0; i < late.Records.Count; i++)
        {
            if (late.Keeps(i))
            {
                kept.Add(i);
            }
        }

        for (int i = 0; i < kept.Count; i++)
        {
            ReadOnlySpan<byte> payload = late.Records.Payload(kept[i]);
            int size = RecordHeader.EncodedLength(payload.Length);
            RecordHeader.Write(
                Slice(Used, size),
                Segment.SaltState,
                Offset + Used,
                FirstSequence + RecordCount,
                i == kept.Count - 1 ? RecordFlags.EndOfBatch : RecordFlags.None,
                payload);
            Used += size;
            RecordCount++;
            payloadBytes += payload.Length;
        }

        Invariant.Require(Used <= Limit, "late records beyond the room kept for them");
        return kept.Count;
    }

    /// <summary>What <see cref="Encode"/> gave for a group that opens no segment.</summary>
    internal ReadOnlySpan<byte> Encoded(int length) => Slice(0, length);

    /// <summary>Encoded records from an offset in the group on. Commit role only.</summary>
    internal ReadOnlySpan<byte> Records(int from) => Slice(from, Used - from);

    /// <summary>Somebody waits for its durability, whatever its members asked for.</summary>
    internal void RequireSync() => Strongest = Durability.PowerLoss;

    /// <summary>Copies and checksums one record into its reservation.</summary>
    internal void Fill(Reservation place, ReadOnlySpan<byte> payload) =>
        Fill(place, new PartSpans(payload));

    /// <summary>Copies and checksums one record of several pieces into its reservation.</summary>
    internal void Fill(Reservation place, scoped in PartSpans payload)
    {
        int length = payload.Length;
        Span<byte> record = Slice(place.At, RecordHeader.EncodedLength(length));
        RecordHeader.Begin(record);
        payload.CopyTo(record[RecordHeader.Size..]);
        RecordHeader.Finish(
            record,
            RecordHeader.Size + length,
            Segment.SaltState,
            Offset + place.At,
            place.Sequence,
            RecordFlags.EndOfBatch);
    }

    /// <summary>Copies and checksums a batch into its reservation.</summary>
    internal void Fill(Reservation place, LogBatch batch)
    {
        int at = place.At;
        for (int i = 0; i < batch.Count; i++)
        {
            ReadOnlySpan<byte> payload = batch.Payload(i);
            int size = RecordHeader.EncodedLength(payload.Length);
            RecordHeader.Write(
                Slice(at, size),
                Segment.SaltState,
                Offset + at,
                place.Sequence + i,
                i == batch.Count - 1 ? RecordFlags.EndOfBatch : RecordFlags.None,
                payload);
            at += size;
        }
    }

    /// <summary>A producer has filled its reservation and will not touch it again.</summary>
    internal void CountCopied() => Interlocked.Increment(ref _copied);

    /// <summary>Waits until every reservation of the sealed group is filled: a few microseconds.</summary>
    internal void WaitCopied()
    {
        SpinWait spin = default;
        while (Volatile.Read(ref _copied) != _reserved)
        {
            spin.SpinOnce(sleep1Threshold: -1);
        }
    }

    /// <summary>
    /// Puts the header in front and zeros behind; gives the bytes to write, from
    /// <paramref name="start"/> of the file on, in whole alignment blocks.
    /// </summary>
    internal ReadOnlySpan<byte> Encode(GroupFlags flags, long timeTicks, DurableMark mark, out long start)
    {
        int alignment = Segment.Header.Alignment;
        TimeTicks = timeTicks;
        new GroupHeader(
            flags,
            Segment.Header.SegmentId,
            Segment.Header.Salt,
            Offset,
            FirstSequence,
            RecordCount,
            Used,
            timeTicks,
            mark).Write(Slice(0, GroupHeader.Size));
        int padded = checked((int)FormatLimits.AlignUp(Used, alignment));
        Slice(Used, padded - Used).Clear();
        if (!OpensSegment)
        {
            start = Offset;
            return Slice(0, padded);
        }

        Span<byte> block = _buffer.Slice(_headroom - alignment, alignment);
        block.Clear();
        Segment.Header.Write(block);
        start = 0;
        return _buffer.Slice(_headroom - alignment, alignment + padded);
    }

    public void Dispose() => _buffer.Dispose();

    private void Strengthen(Durability durability)
    {
        if (durability > Strongest)
        {
            Strongest = durability;
        }
    }

    private Span<byte> Slice(int at, int length) => _buffer.Slice(_headroom + at, length);
}
