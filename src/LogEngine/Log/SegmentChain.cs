using LogEngine.Format;

namespace LogEngine.Log;

/// <summary>Where the next group goes, and the roll to the next segment.</summary>
/// <remarks>Everything mutable is guarded by the commit queue's gate.</remarks>
internal sealed class SegmentChain
{
    /// <summary>A group is not opened for less room than this, unless the cap is smaller.</summary>
    private const int MinUsefulRoom = 64 << 10;

    private readonly LogView _view;
    private readonly LogCounters _counters;
    private readonly Preparer _preparer;
    private readonly TimeProvider _time;
    private readonly Func<ulong> _nextRandom;

    private ActiveSegment _current;
    private long _tail;

    internal SegmentChain(
        LogView view,
        LogCounters counters,
        Preparer preparer,
        TimeProvider time,
        Func<ulong> nextRandom,
        ActiveSegment first,
        int groupCap)
    {
        _view = view;
        _counters = counters;
        _preparer = preparer;
        _time = time;
        _nextRandom = nextRandom;
        _current = first;
        _tail = first.Header.Alignment;
        GroupCap = groupCap;
        NextSegmentId = first.Header.SegmentId + 1;
    }

    /// <summary>Most bytes of a group, unless it holds one larger batch alone.</summary>
    internal int GroupCap { get; }

    /// <summary>The segment that the next group goes to, or to its successor.</summary>
    internal ActiveSegment Current => _current;

    internal int Alignment => _current.Header.Alignment;

    /// <summary>Above every id drawn so far.</summary>
    internal ulong NextSegmentId { get; private set; }

    /// <summary>
    /// A place for the next group; false, with the preparer asked for it, where there is no room.
    /// </summary>
    internal bool TryPlace_NeedsLock(
        long nextSequence, out ActiveSegment segment, out long offset, out int limit)
    {
        if (_tail + GroupCap + Alignment > _current.File.Capacity)
        {
            if (_preparer.TryTakeSpare() is not { } file)
            {
                segment = _current;
                offset = 0;
                limit = 0;
                return false;
            }

            Roll_NeedsLock(file, nextSequence);
        }

        segment = _current;
        offset = _tail;
        limit = LimitAt(segment, offset);
        if (limit >= Math.Min(GroupCap, MinUsefulRoom))
        {
            return true;
        }

        Demand_NeedsLock(GroupCap);
        return false;
    }

    /// <summary>A place for the one group of a file made for it.</summary>
    internal ActiveSegment PlaceAlone_NeedsLock(PreparedFile file, long nextSequence)
    {
        Roll_NeedsLock(file, nextSequence);
        return _current;
    }

    /// <summary>A place for a group without records, in the block kept for it.</summary>
    internal bool TryPlaceEmpty_NeedsLock(bool last, out ActiveSegment segment, out long offset)
    {
        segment = _current;
        offset = _tail;

        // A mark leaves a block for the seal; the seal takes it.
        long end = _tail + (last ? Alignment : 2L * Alignment);
        return end <= _current.File.Capacity && end <= _current.File.Allocated;
    }

    /// <summary>The group that was placed last is sealed: the next one starts behind it.</summary>
    internal void Advance_NeedsLock(Group sealedGroup)
    {
        Invariant.Require(sealedGroup.Offset == _tail, "sealed group not at the tail");
        _tail = FormatLimits.AlignUp(_tail + sealedGroup.Used, Alignment);
    }

    /// <summary>
    /// The group that was sealed last is opened again: the next one starts behind what it grows to. False
    /// where something stands behind it.
    /// </summary>
    internal bool TryStepBack_NeedsLock(Group last)
    {
        if (!ReferenceEquals(last.Segment, _current)
            || FormatLimits.AlignUp(last.Offset + last.Used, Alignment) != _tail)
        {
            return false;
        }

        _tail = last.Offset;
        return true;
    }

    /// <summary>Most bytes of a group there: the cap, or what is allocated but for one block.</summary>
    internal int LimitAt(ActiveSegment segment, long offset) => (int)Math.Clamp(
        Math.Min(segment.File.Allocated, segment.File.Capacity) - segment.Header.Alignment - offset,
        0,
        GroupCap);

    /// <summary>Asks for allocated space for a group of that many bytes at the tail.</summary>
    internal void Demand_NeedsLock(int bytes) =>
        _preparer.Demand(_current.File, _tail + bytes + Alignment);

    private void Roll_NeedsLock(PreparedFile file, long nextSequence)
    {
        SegmentHeader old = _current.Header;
        SegmentLink link = SegmentLink.Chained;
        SegmentEnd predecessor = new(old.SegmentId, old.Salt, _tail, nextSequence - 1);
        if (_tail == Alignment)
        {
            // Left before it held a group: nothing names it, the new one takes over its place.
            link = old.Link;
            predecessor = old.Predecessor;
            if (!_current.HeaderWritten)
            {
                _preparer.GiveBack(_current.File);
            }
        }

        SegmentHeader header = new()
        {
            FileNumber = file.FileNumber,
            StoreId = old.StoreId,
            SegmentId = NextSegmentId++,
            Salt = _nextRandom(),
            Alignment = old.Alignment,
            Link = link,
            FirstSequence = nextSequence,
            LowWaterSequence = _view.Map.LowWaterSequence,
            Predecessor = predecessor,
            OpenEpoch = old.OpenEpoch,
            OpenSalt = old.OpenSalt,
            CreatedTicks = _time.GetUtcNow().UtcTicks,
            Capacity = file.Capacity,
        };
        _current = new ActiveSegment(header, file);
        _tail = header.Alignment;
        _counters.SegmentsStarted++;
        _counters.SegmentsRecycled += file.Recycled ? 1 : 0;
    }
}
