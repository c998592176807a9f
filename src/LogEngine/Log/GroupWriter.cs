using LogEngine.Format;
using LogEngine.Storage;

namespace LogEngine.Log;

/// <summary>
/// Puts sealed groups on disk and says what that made durable. Everything here belongs to whoever has
/// the commit role, but for <see cref="Fly"/>, any thread's, and <see cref="Land"/>, which is for one
/// thread at a time, in the order of the log; there is no user code.
/// </summary>
/// <remarks>
/// Durability argument, in full in docs/durability.md: a group is durable after a data-sync write of
/// its own bytes if nothing before it is unsynced and its blocks were prepared; in every other case
/// only after a data sync of the file. So only such groups may be written side by side, and each counts
/// once all before it do. A new segment is not begun while its predecessor is unsynced.
/// A group that was written through the page cache, is not durable and fits in one page may be added to:
/// the page is written anew, which a kill of the process does not tear.
/// </remarks>
internal sealed class GroupWriter
{
    /// <summary>
    /// More than that is written past the page cache also where nobody waits for the disk: it is faster
    /// than a copy there that is written out later.
    /// </summary>
    private const int MostThroughCache = 64 << 10;

    /// <summary>A group with less room than that left in its page is not added to.</summary>
    private const int LeastGrowth = 64;

    /// <summary>Records of one group are no further apart in time.</summary>
    private static readonly TimeSpan LongestGrowth = TimeSpan.FromMilliseconds(1);

    private readonly LogView _view;
    private readonly LogCounters _counters;
    private readonly Preparer _preparer;
    private readonly TimeProvider _time;

    /// <summary>Nothing is written to it, or acknowledged, once it is another writer's.</summary>
    private readonly GuardedDirectory _directory;

    /// <summary>Guards <see cref="_durable"/>, which a landing sets while the next one is launched.</summary>
    private readonly Lock _markGate = new();

    /// <summary>Where the last group ends that was written or launched, and in which segment.</summary>
    private ActiveSegment _segment;
    private long _end;

    /// <summary>Last sequence of that group.</summary>
    private long _lastSequence;

    /// <summary>
    /// Something below <see cref="_end"/> is not known to be durable, and is not in flight.
    /// </summary>
    private bool _unsynced;
    private long _unsyncedSince;

    /// <summary>Everything up to it is durable; goes into the next group's header.</summary>
    private DurableMark _durable;

    /// <summary>Sequence of the mark that the last group carried.</summary>
    private long _markedSequence;

    private long _lastTicks;

    /// <summary>The last group, if it may be added to.</summary>
    private Group? _growing;

    /// <summary>No file could be opened a second time: all is written the one way.</summary>
    private bool _cacheRefused;

    /// <summary>A segment left without a group; given away once its successor is durable.</summary>
    private Segment? _left;

    internal GroupWriter(
        LogView view,
        LogCounters counters,
        Preparer preparer,
        TimeProvider time,
        GuardedDirectory directory,
        ActiveSegment segment)
    {
        DurableMark durable = MarkBefore(segment.Header);
        _view = view;
        _counters = counters;
        _preparer = preparer;
        _time = time;
        _directory = directory;
        _segment = segment;
        _end = segment.Header.Alignment;
        _lastSequence = segment.Header.FirstSequence - 1;
        _durable = durable;
        _markedSequence = durable.Sequence;
        _lastTicks = segment.Header.CreatedTicks;
    }

    /// <summary>The segment that was written last.</summary>
    internal ActiveSegment Segment => _segment;

    internal bool HasUnsynced => _unsynced;

    /// <summary>Timestamp of the oldest unsynced write; meaningful while there is one.</summary>
    internal long UnsyncedSince => _unsyncedSince;

    /// <summary>
    /// Whether a write that nobody wants durable reaches the page cache only: it takes no longer than a
    /// copy. The role is free, or the caller's.
    /// </summary>
    internal bool IsCheap(Group group) =>
        !group.OpensSegment
        && group.Used <= MostThroughCache
        && (!_cacheRefused || !group.Segment.File.Writer.IsDirect);

    /// <summary>
    /// Whether records may be added to a group that was just written; the role is the caller's. It stops
    /// when the group becomes durable, gets a successor, or is too old.
    /// </summary>
    internal bool MayGrow(Group group) => ReferenceEquals(_growing, group);

    /// <summary>Whether a group has been open for additions as long as it may be.</summary>
    internal bool IsTooOldToGrow(Group group) =>
        _time.GetUtcNow().UtcTicks - group.TimeTicks > LongestGrowth.Ticks;

    /// <summary>Bytes that a group may grow to: those of a page, which is replaced as a whole.</summary>
    internal static int GrowthLimit(Group group) =>
        OperatingSystem.IsLinux()
            ? Math.Min(group.Segment.Header.Alignment, Environment.SystemPageSize)
            : 0;

    /// <summary>Whether something durable is not yet attested by a mark in the log.</summary>
    internal bool OwesMark => Durable.Sequence > _markedSequence;

    private DurableMark Durable
    {
        get
        {
            lock (_markGate)
            {
                return _durable;
            }
        }
    }

    /// <summary>
    /// Whether a group may be written beside others: its write alone makes it durable. The role is free,
    /// or the caller's.
    /// </summary>
    internal bool MayFly(Group group)
    {
        ActiveSegment segment = group.Segment;
        return ReferenceEquals(segment, _segment)
            && !_unsynced
            && segment.File.Writer.IsDirect
            && FormatLimits.AlignUp(group.Offset + group.Used, segment.Header.Alignment)
                <= segment.File.Prepared;
    }

    /// <summary>
    /// Readies a group that <see cref="MayFly"/> to be written by any thread; the next one goes behind it.
    /// </summary>
    internal void Launch(Group group)
    {
        group.WaitCopied();
        RequireNext(group);
        _directory.RequireLately();
        Flight flight = group.Flight;
        DurableMark mark = Durable;
        ReadOnlySpan<byte> bytes = group.Encode(GroupFlags.None, NextTicks(), mark, out long start);
        PreparedFile file = group.Segment.File;
        bool prepared = file.ClaimForCommit(start, start + bytes.Length);
        Invariant.Require(prepared && !_unsynced, "a group in flight that its write does not make durable");
        flight.Length = bytes.Length;
        flight.TimeTicks = _lastTicks;
        flight.MarkedSequence = mark.Sequence;
        _end = start + bytes.Length;
        _lastSequence = group.LastSequence;
        file.Writer.Announce(bytes, start);
    }

    /// <summary>Writes a launched group: on return its bytes are durable, not yet what is before them.</summary>
    internal void Fly(Group group)
    {
        Flight flight = group.Flight;
        long begun = _time.GetTimestamp();
        group.Segment.File.Writer.Write(
            group.Encoded(flight.Length), group.Offset, dataSync: true);
        flight.Took = _time.GetElapsedTime(begun);
    }

    /// <summary>
    /// Everything up to the end of a written group is durable: all before it has landed.
    /// </summary>
    internal void Land(Group group)
    {
        Flight flight = group.Flight;
        ActiveSegment segment = group.Segment;
        long end = group.Offset + flight.Length;
        Invariant.Require(group.FirstSequence == _view.Written + 1, "a group landed before an earlier one");
        _counters.GroupsWritten++;
        _counters.BytesWritten += flight.Length;
        _markedSequence = Math.Max(_markedSequence, flight.MarkedSequence);
        Publish(group, end, flight.TimeTicks);
        NoteSync(flight.Took);
        PublishDurable(segment, end);
        _preparer.NoteWritten(segment.File, flight.Length, end, durable: true);
    }

    /// <summary>
    /// Writes a group; durable on return if <paramref name="sync"/> is set. After a throw the log
    /// is faulted: nothing may be written to it again.
    /// </summary>
    internal void Write(Group group, GroupFlags flags, bool sync)
    {
        group.WaitCopied();
        ActiveSegment segment = group.Segment;
        bool opens = group.OpensSegment;
        BeforeWrite(group, opens);
        DurableMark mark = Durable;
        long ticks = group.Grows ? group.TimeTicks : NextTicks();
        ReadOnlySpan<byte> bytes = group.Encode(flags, ticks, mark, out long start);
        long end = start + bytes.Length;
        Invariant.Require(
            end <= segment.File.Capacity && end <= segment.File.Allocated,
            "group beyond the space reserved for it");
        bool prepared = segment.File.ClaimForCommit(start, end);

        // A data-sync write covers only its own bytes.
        bool covers = sync && prepared && !_unsynced && segment.File.Writer.IsDirect;
        long begun = covers ? _time.GetTimestamp() : 0;
        IStorageFile file = covers || (sync && !_unsynced) || bytes.Length > MostThroughCache
            ? segment.File.Writer
            : ThroughCache(segment);
        file.Write(bytes, start, dataSync: covers);
        int added = group.Grows ? 0 : bytes.Length;
        _counters.GroupsWritten++;
        _counters.BytesWritten += added;
        _counters.UnpreparedGroups += prepared ? 0 : 1;
        _markedSequence = Math.Max(_markedSequence, mark.Sequence);
        if (opens)
        {
            Begin(segment);
        }

        _end = end;
        _lastSequence = group.LastSequence;
        _growing = !sync && !opens && !file.IsDirect && GrowthLimit(group) - group.Used >= LeastGrowth
            ? group
            : null;
        Publish(group, end, ticks);
        if (covers)
        {
            NoteSync(_time.GetElapsedTime(begun));
            PublishDurable(segment, end);
        }
        else
        {
            NoteUnsynced();
            if (sync)
            {
                Sync();
            }
            else
            {
                _directory.RequireLately();
            }
        }

        _preparer.NoteWritten(
            segment.File, added, end, durable: group.Strongest == Durability.PowerLoss);
    }

    /// <summary>Makes everything written durable. A failure is final: a sync is never retried.</summary>
    internal void Sync()
    {
        if (!_unsynced)
        {
            return;
        }

        long begun = _time.GetTimestamp();
        _segment.File.Writer.DataSync();
        NoteSync(_time.GetElapsedTime(begun));
        _unsynced = false;

        // From here on what stands there is never written again.
        _growing = null;
        PublishDurable(_segment, _end);
    }

    private void BeforeWrite(Group group, bool opens)
    {
        if (opens)
        {
            // Rotation is a barrier: the header that names the predecessor's end must not reach
            // the disk before that end is durable.
            Sync();
        }

        RequireNext(group);
        if (opens || group.RecordCount == 0)
        {
            // Another segment, or a mark: what others will go by.
            _directory.Require();
        }
        else
        {
            _directory.RequireLately();
        }

        Invariant.Require(_lastSequence == _view.Written, "a group beside one in flight");
        Invariant.Require(!group.Grows || _unsynced, "a durable group is to be written again");
    }

    private void RequireNext(Group group)
    {
        Invariant.Require(group.FirstAdded == _lastSequence + 1, "sequence gap");
        if (!group.OpensSegment)
        {
            Invariant.Require(ReferenceEquals(group.Segment, _segment), "group for another segment");
            Invariant.Require(
                group.Grows
                    ? MayGrow(group) && group.Offset + _segment.Header.Alignment == _end
                    : group.Offset == _end,
                "group not at the end of what is written");
        }
    }

    /// <summary>The way through the page cache; the other one where no file can be opened.</summary>
    private IStorageFile ThroughCache(ActiveSegment segment)
    {
        PreparedFile file = segment.File;
        if (!file.Writer.IsDirect)
        {
            return file.Writer;
        }

        if (file.Cached is null && !_cacheRefused)
        {
            file.Cached = TryOpenCached(file);
            _cacheRefused = file.Cached is null;
        }

        if (file.Cached is null)
        {
            return file.Writer;
        }

        segment.View.NoteCached();
        return file.Cached;
    }

    private IStorageFile? TryOpenCached(PreparedFile file)
    {
        IStorageFile? cached = null;
        try
        {
            cached = _directory.Open(file.Path, OpenFlags.Write);
            if (cached.GetIdentity().IsSame(file.Writer.GetIdentity()))
            {
                return cached;
            }
        }
        catch (Exception error) when (error is StorageIOException and not DirectoryLostException)
        {
            // No descriptor is left, or the name has gone; nothing depends on it.
        }

        cached?.Dispose();
        return null;
    }

    private long NextTicks() => _lastTicks = Math.Max(_lastTicks, _time.GetUtcNow().UtcTicks);

    /// <summary>Shows readers a group, all before which they see.</summary>
    private void Publish(Group group, long end, long timeTicks)
    {
        Segment segment = group.Segment.View;
        segment.Index!.Note(group.FirstSequence, group.Offset, timeTicks);
        segment.Publish(end, group.LastSequence, MayGrow(group) ? group.Offset : end);
        _view.PublishWritten(group.LastSequence);
    }

    private void NoteSync(TimeSpan took)
    {
        _counters.Syncs++;
        _counters.SyncTicks += took.Ticks;
        _preparer.NoteSync(took);
    }

    private void NoteUnsynced()
    {
        if (!_unsynced)
        {
            _unsynced = true;
            _unsyncedSince = _time.GetTimestamp();
        }
    }

    /// <summary>All that readers see is durable; it ends there.</summary>
    private void PublishDurable(ActiveSegment segment, long end)
    {
        // After the sync, so that what is acknowledged was durable in a directory that was ours.
        _directory.RequireLocked();
        segment.View.Settle(end);
        lock (_markGate)
        {
            _durable = new DurableMark(segment.Header.SegmentId, end, _view.Written);
        }

        _view.PublishDurable(_view.Written);
        if (_left is { } left)
        {
            // Only now: until its successor's header was durable, it was the newest segment.
            _left = null;
            left.Retire(_preparer.Free);
        }
    }

    /// <summary>The new segment's header is written: readers may move on, the old file is done.</summary>
    private void Begin(ActiveSegment segment)
    {
        ActiveSegment old = _segment;
        segment.HeaderWritten = true;
        _segment = segment;
        old.View.Seal();
        if (segment.Header.Predecessor.SegmentId != old.Header.SegmentId)
        {
            // The last one holds no group, and the new one hangs where it did: nothing names it.
            _view.ChangeMap(segment.View, static (map, added) => map.WithLast(added));
            _left = old.View;
        }
        else
        {
            _view.ChangeMap(segment.View, static (map, added) => map.With(added));
            _view.SegmentBegun?.Invoke();
        }

        _preparer.Finish(old);
    }

    /// <summary>
    /// What is durable before the first group: the predecessor's end. Not the new segment itself,
    /// which may be left again without a record.
    /// </summary>
    private static DurableMark MarkBefore(SegmentHeader header) => new(
        header.Predecessor.SegmentId,
        header.Predecessor.EndOffset,
        header.FirstSequence - 1);
}
