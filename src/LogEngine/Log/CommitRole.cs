using LogEngine.Format;

namespace LogEngine.Log;

/// <summary>What there is to do for whoever commits.</summary>
internal enum CommitWork
{
    None,
    Group,
    Oversize,
    Sync,
    Mark,
    Seal,
}

/// <summary>
/// The right to commit, which one thread at a time has: it chooses what is next and puts it behind what
/// was before.
/// </summary>
internal sealed class CommitRole : IDisposable
{
    private readonly CommitQueue _queue;
    private readonly CommitThreads _threads;
    private readonly AdmissionLine _line;
    private readonly GroupWriter _writer;
    private readonly LogView _view;
    private readonly IdleWork _idle;

    /// <summary>For groups without records.</summary>
    private readonly Group _empty;

    internal CommitRole(CommitParts parts)
    {
        _queue = parts.Queue;
        _threads = parts.Threads;
        _line = parts.Line;
        _writer = parts.Writer;
        _view = parts.View;
        _idle = parts.Idle;
        _empty = new Group(_queue.Chain.Alignment, _queue.Chain.Alignment);
    }

    /// <summary>Takes the role with what is to be done; parks the thread where there is nothing.</summary>
    internal bool TryTake(
        CommitThread thread, out CommitWork work, out Group? group, out AppendWaiter? oversize)
    {
        group = null;
        oversize = null;
        lock (_queue.Gate)
        {
            _queue.AssertInvariants_NeedsLock();
            work = _queue.IsCommitting ? CommitWork.None : Choose_NeedsLock();
            if (work == CommitWork.None)
            {
                // Whoever holds the role, or lands what is in flight, looks for work behind that.
                thread.IsParked = true;
                return false;
            }

            thread.IsParked = false;
            _queue.IsCommitting = true;
            if (work == CommitWork.Group)
            {
                group = _queue.Seal_NeedsLock();
                return true;
            }

            // Nothing may be added from here on to what was written before.
            oversize = work == CommitWork.Oversize ? _queue.OversizeHead_NeedsLock : null;
            _queue.CloseEmpty_NeedsLock();
            group = TakeEmpty_NeedsLock(work);
            return true;
        }
    }

    /// <summary>
    /// Takes the role for the open group, if that is all there is to do and it takes no longer than a copy;
    /// null where somebody else has it or will.
    /// </summary>
    internal Group? TryTakeCheap()
    {
        lock (_queue.Gate)
        {
            return !_queue.IsCommitting && IsCheap_NeedsLock() ? Take_NeedsLock() : null;
        }
    }

    /// <summary>Takes the role, which is free, for the open group, which has records.</summary>
    internal Group Take_NeedsLock()
    {
        _queue.IsCommitting = true;
        return _queue.Seal_NeedsLock();
    }

    /// <summary>Whether the open group, as it is, only goes to the page cache.</summary>
    internal bool IsCheap_NeedsLock() =>
        _queue.OpenGroup_NeedsLock is { HasWork: true, Strongest: < Durability.PowerLoss } open
        && _queue is { InFlight: 0, FaultCause: null, IsSealed: false, IsFailing: false }
        && _queue.SyncWanted <= _view.Durable
        && _writer.IsCheap(open)
        && !_idle.SyncIsDue(_writer);

    /// <summary>Gives the role back.</summary>
    /// <param name="written">The group that was written with it; null for anything else.</param>
    internal void End(Group? written)
    {
        lock (_queue.Gate)
        {
            _queue.IsCommitting = false;
            if (written is not null && _writer.MayGrow(written))
            {
                _queue.Reopen_NeedsLock(written);
            }
            else if (written is not null)
            {
                _queue.Release_NeedsLock(written);
            }

            _queue.AssertInvariants_NeedsLock();
        }
    }

    /// <summary>
    /// The role is free, or nothing is in flight any more, and the caller will not look for work itself.
    /// </summary>
    internal void PassOn()
    {
        CommitThread? wake;
        lock (_queue.Gate)
        {
            wake = !_queue.IsCommitting
                && !(_queue.Helpers > 0 && IsCheap_NeedsLock())
                && Choose_NeedsLock() != CommitWork.None
                    ? _threads.TakeParked_NeedsLock()
                    : null;
        }

        wake?.Wake();
        _line.AdmitWaiting();
    }

    /// <summary>Frees the buffer; nobody commits any more.</summary>
    public void Dispose() => _empty.Dispose();

    /// <summary>What is to be done next, the role being free; sets the timer where nothing is.</summary>
    private CommitWork Choose_NeedsLock()
    {
        if (_queue.FaultCause is not null || _queue.IsSealed || _queue.IsFailing)
        {
            return CommitWork.None;
        }

        if (_queue.InFlight > 0)
        {
            return _queue.InFlight < _queue.FlightLimit
                && _queue.OpenGroup_NeedsLock is { } open
                && _queue.IsPlain_NeedsLock(open)
                && _writer.MayFly(open)
                    ? CommitWork.Group
                    : CommitWork.None;
        }

        if (_queue.HasOpenRecords_NeedsLock)
        {
            return CommitWork.Group;
        }

        if (_queue.OversizeHead_NeedsLock is not null)
        {
            return CommitWork.Oversize;
        }

        bool draining = _queue.IsDraining_NeedsLock;
        if (_writer.HasUnsynced
            && (draining || _queue.SyncWanted > _view.Durable || _idle.SyncIsDue(_writer)))
        {
            return CommitWork.Sync;
        }

        if (draining)
        {
            return CommitWork.Seal;
        }

        bool owesMark = _writer.OwesMark
            && _queue.Chain.TryPlaceEmpty_NeedsLock(last: false, out _, out _);
        if (owesMark && _idle.MarkIsDue())
        {
            return CommitWork.Mark;
        }

        _idle.Arm_NeedsLock(_writer, owesMark);
        return CommitWork.None;
    }

    /// <summary>Prepares a group without records for a mark or the seal; null where none is due.</summary>
    private Group? TakeEmpty_NeedsLock(CommitWork work)
    {
        if (work is not (CommitWork.Mark or CommitWork.Seal)
            || !_queue.Chain.TryPlaceEmpty_NeedsLock(
                last: work == CommitWork.Seal, out ActiveSegment segment, out long offset))
        {
            return null;
        }

        _empty.Open(segment, offset, _queue.NextSequence, GroupHeader.Size);
        _queue.Chain.Advance_NeedsLock(_empty);
        return _empty;
    }
}
