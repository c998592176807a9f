using LogEngine.Format;

namespace LogEngine.Log;

/// <summary>A live segment as readers see it.</summary>
/// <remarks>
/// A reader pins the segment it is in. Retiring takes the segment out of use; its file is given away
/// by whoever comes last: the one who retires it, or the last reader that lets go.
/// </remarks>
internal sealed class Segment
{
    private const int Retired = int.MinValue;

    /// <summary>Number of pins; from <see cref="Retired"/> upward once retired.</summary>
    private int _pins;

    /// <summary>End of what readers may read; grows while the segment is written.</summary>
    private long _readableEnd;

    /// <summary>Sequence of the last record below the end; set before it.</summary>
    private long _lastSequence;

    /// <summary>Groups below it do not change any more; at or below the readable end.</summary>
    private long _settledEnd;

    private volatile bool _isCached;

    private volatile bool _isSealed;
    private Action<Segment>? _whenFree;

    internal Segment(SegmentHeader header, string path)
    {
        Header = header;
        Path = path;
        _readableEnd = header.Alignment;
        _settledEnd = header.Alignment;
        SettledSequence = header.FirstSequence - 1;
        _lastSequence = header.FirstSequence - 1;
    }

    /// <summary>A segment that is complete already.</summary>
    internal static Segment Complete(
        SegmentHeader header, string path, long end, long lastSequence, SparseIndex? index)
    {
        Segment segment = new(header, path) { Index = index, WrittenExtent = end };
        segment.Publish(end, lastSequence, end);
        segment.Seal();
        return segment;
    }

    internal SegmentHeader Header { get; }

    internal string Path { get; }

    internal long FirstSequence => Header.FirstSequence;

    /// <summary>Groups below this offset are whole and written; a multiple of the alignment.</summary>
    internal long ReadableEnd => Volatile.Read(ref _readableEnd);

    /// <summary>Last sequence below the readable end.</summary>
    internal long LastSequence => Volatile.Read(ref _lastSequence);

    /// <summary>
    /// Groups below this offset do not change any more. At or behind it, below the readable end, stands at
    /// most one: records may still be added to it, and its header is written anew with each.
    /// </summary>
    internal long SettledEnd => _isSealed ? ReadableEnd : Volatile.Read(ref _settledEnd);

    /// <summary>Last sequence below it; kept by who looks at a segment from outside.</summary>
    internal long SettledSequence { get; private set; }

    /// <summary>Nothing will be added any more: the readable end is the named end.</summary>
    internal bool IsSealed => _isSealed;

    /// <summary>
    /// Some of it has been written through the page cache: read that way it is what was written, and past
    /// it each read would first bring the page to the device.
    /// </summary>
    internal bool IsCached => _isCached;

    /// <summary>Sparse index while in memory; null where the footer has it, or must be rebuilt.</summary>
    internal SparseIndex? Index { get; set; }

    /// <summary>Every block of the file below it has been written once.</summary>
    internal long WrittenExtent { get; set; }

    /// <summary>Shows readers what has been written. Commit role only.</summary>
    /// <param name="end">Where the last group ends, in whole blocks.</param>
    /// <param name="lastSequence">Its last sequence.</param>
    /// <param name="settledEnd">Where it begins, if records may still be added to it; else its end.</param>
    internal void Publish(long end, long lastSequence, long settledEnd)
    {
        Volatile.Write(ref _lastSequence, lastSequence);

        // Before the end: whoever sees the last group sees that it may change.
        Settle(settledEnd);
        Volatile.Write(ref _readableEnd, end);
    }

    /// <summary>The same by who looks at the segment from outside, and goes on there later.</summary>
    internal void Publish(long end, long lastSequence, long settledEnd, long settledSequence)
    {
        SettledSequence = settledSequence;
        Publish(end, lastSequence, settledEnd);
    }

    /// <summary>Groups below an offset do not change any more. Commit role only.</summary>
    internal void Settle(long end)
    {
        Invariant.Require(end >= _settledEnd, "a settled group is to change");
        Volatile.Write(ref _settledEnd, end);
    }

    /// <summary>Something is about to be written through the page cache. Commit role only.</summary>
    internal void NoteCached() => _isCached = true;

    /// <summary>Says that nothing will be added any more.</summary>
    internal void Seal() => _isSealed = true;

    /// <summary>Keeps the file as it is until <see cref="Unpin"/>; false once it is retired.</summary>
    internal bool TryPin()
    {
        int pins = Volatile.Read(ref _pins);
        while (pins >= 0)
        {
            int seen = Interlocked.CompareExchange(ref _pins, pins + 1, pins);
            if (seen == pins)
            {
                return true;
            }

            pins = seen;
        }

        return false;
    }

    internal void Unpin()
    {
        if (Interlocked.Decrement(ref _pins) == Retired)
        {
            _whenFree!(this);
        }
    }

    /// <summary>
    /// Takes the segment out of use; <paramref name="whenFree"/> is called once, when no reader is
    /// in it.
    /// </summary>
    internal void Retire(Action<Segment> whenFree)
    {
        _whenFree = whenFree;
        if (Interlocked.Add(ref _pins, Retired) == Retired)
        {
            whenFree(this);
        }
    }
}
