using LogEngine.Format;
using LogEngine.Storage;

namespace LogEngine.Log;

/// <summary>
/// Puts sealed groups on disk in order and says what that made durable. Everything here belongs to
/// whoever has the commit role: there is no lock and no user code.
/// </summary>
/// <remarks>
/// Durability argument, in full in docs/durability.md: a group is durable after a data-sync write of
/// its own bytes if nothing before it is unsynced and its blocks were prepared; in every other case
/// only after a data sync of the file. A new segment is not begun while its predecessor is unsynced.
/// </remarks>
internal sealed class GroupWriter
{
    private readonly LogView _view;
    private readonly LogCounters _counters;
    private readonly Preparer _preparer;
    private readonly TimeProvider _time;

    /// <summary>Nothing is written to it, or acknowledged, once it is another writer's.</summary>
    private readonly GuardedDirectory _directory;

    /// <summary>Where the last written group ends, and in which segment.</summary>
    private ActiveSegment _segment;
    private long _end;

    /// <summary>Something below <see cref="_end"/> is not known to be durable.</summary>
    private bool _unsynced;
    private long _unsyncedSince;

    /// <summary>Everything up to it is durable; goes into the next group's header.</summary>
    private DurableMark _durable;

    /// <summary>Sequence of the mark that the last group carried.</summary>
    private long _markedSequence;

    private long _lastTicks;

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
        _durable = durable;
        _markedSequence = durable.Sequence;
        _lastTicks = segment.Header.CreatedTicks;
    }

    /// <summary>The segment that was written last.</summary>
    internal ActiveSegment Segment => _segment;

    internal bool HasUnsynced => _unsynced;

    /// <summary>Timestamp of the oldest unsynced write; meaningful while there is one.</summary>
    internal long UnsyncedSince => _unsyncedSince;

    /// <summary>Whether something durable is not yet attested by a mark in the log.</summary>
    internal bool OwesMark => _durable.Sequence > _markedSequence;

    // Over the limit: the order of these steps is the durability argument, so they stand in one piece.
    /// <summary>
    /// Writes a group; durable on return if <paramref name="sync"/> is set. After a throw the log
    /// is faulted: nothing may be written to it again.
    /// </summary>
    internal void Write(Group group, GroupFlags flags, bool sync)
    {
        group.WaitCopied();
        ActiveSegment segment = group.Segment;
        bool opens = group.OpensSegment;
        if (opens)
        {
            // Rotation is a barrier: the header that names the predecessor's end must not reach
            // the disk before that end is durable.
            Sync();
        }
        else
        {
            Invariant.Require(ReferenceEquals(segment, _segment), "group for another segment");
            Invariant.Require(group.Offset == _end, "group not at the end of what is written");
        }

        if (opens || group.RecordCount == 0)
        {
            // Another segment, or a mark: what others will go by.
            _directory.Require();
        }
        else
        {
            _directory.RequireLately();
        }

        Invariant.Require(group.FirstSequence == _view.Written + 1, "sequence gap");
        _lastTicks = Math.Max(_lastTicks, _time.GetUtcNow().UtcTicks);
        ReadOnlySpan<byte> bytes = group.Encode(flags, _lastTicks, _durable, out long start);
        long end = start + bytes.Length;
        Invariant.Require(
            end <= segment.File.Capacity && end <= segment.File.Allocated,
            "group beyond the space reserved for it");
        bool prepared = segment.File.ClaimForCommit(start, end);

        // A data-sync write covers only its own bytes.
        bool covers = sync && prepared && !_unsynced && segment.File.Writer.IsDirect;
        long begun = covers ? _time.GetTimestamp() : 0;
        segment.File.Writer.Write(bytes, start, dataSync: covers);
        _counters.GroupsWritten++;
        _counters.BytesWritten += bytes.Length;
        _counters.UnpreparedGroups += prepared ? 0 : 1;
        _markedSequence = Math.Max(_markedSequence, _durable.Sequence);
        if (opens)
        {
            Begin(segment);
        }

        _end = end;
        segment.View.Index!.Note(group.FirstSequence, group.Offset, _lastTicks);
        segment.View.Publish(end, group.LastSequence);
        _view.PublishWritten(group.LastSequence);
        if (covers)
        {
            NoteSync(begun);
            PublishDurable();
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

        _preparer.NoteWritten(segment.File, bytes.Length, end);
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
        NoteSync(begun);
        _unsynced = false;
        PublishDurable();
    }

    private void NoteSync(long begun)
    {
        _counters.Syncs++;
        _preparer.NoteSync(_time.GetElapsedTime(begun));
    }

    private void NoteUnsynced()
    {
        if (!_unsynced)
        {
            _unsynced = true;
            _unsyncedSince = _time.GetTimestamp();
        }
    }

    private void PublishDurable()
    {
        // After the sync, so that what is acknowledged was durable in a directory that was ours.
        _directory.RequireLocked();
        _durable = new DurableMark(_segment.Header.SegmentId, _end, _view.Written);
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
