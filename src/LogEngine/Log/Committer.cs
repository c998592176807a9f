using System.Diagnostics;
using LogEngine.Format;

namespace LogEngine.Log;

/// <summary>
/// The committing side: takes the open group, writes and syncs it, completes its appends; between
/// groups, the syncs, marks and the seal. It runs on threads of its own, or for one group on that
/// of a blocking appender.
/// </summary>
/// <remarks>
/// One thread at a time has the commit role: it chooses what is next and puts it behind what was
/// before. A group whose own write makes it durable is launched: the role is given back, its write
/// goes on beside others, and it lands once all before it have. Everything else keeps the role to its
/// end, and begins only where nothing is in flight.
/// </remarks>
// Over the limit: the commit role in one place, with all that it hands on to; how appends are admitted,
// committed and announced is to be divided anew.
internal sealed class Committer : IDisposable
{
    /// <summary>The gathering of returning appenders takes this part of a commit's own time.</summary>
    private const int GatherShare = 8;

    /// <summary>
    /// More appenders than that take longer to come back than it is worth to wait for them.
    /// </summary>
    private const int MostGathered = 128;

    private static readonly TimeSpan LongestGather = TimeSpan.FromMicroseconds(100);

    private readonly CommitQueue _queue;
    private readonly GroupWriter _writer;
    private readonly LogView _view;
    private readonly IScheduler _scheduler;
    private readonly IdleWork _idle;
    private readonly AdmissionLine _line;
    private readonly LogFault _fault;
    private readonly OversizeCommit _oversize;

    /// <summary>Follows what is committed; null for a bare log.</summary>
    private readonly IGroupObserver? _observer;

    /// <summary>Which records of a late batch are kept; commit role.</summary>
    private readonly List<int> _kept = [];

    /// <summary>For groups without records; commit role.</summary>
    private readonly Group _empty;

    /// <summary>
    /// Appenders that may come back right after the last commit, and how long that took; a guess, by
    /// whoever committed last for whoever commits next.
    /// </summary>
    private int _returning;
    private long _lastCommitTicks;

    // Over the limit: the parts of one log and what it is told from outside; put together in LogWriter only.
    internal Committer(
        CommitQueue queue,
        GroupWriter writer,
        LogView view,
        LogCounters counters,
        Preparer preparer,
        IScheduler scheduler,
        WriteAheadLogOptions options,
        IGroupObserver? observer)
    {
        _observer = observer;
        _queue = queue;
        _writer = writer;
        _view = view;
        _scheduler = scheduler;
        _empty = new Group(queue.Chain.Alignment, queue.Chain.Alignment);
        _fault = new LogFault(queue, view, scheduler, preparer.NoteFault);
        _oversize = new OversizeCommit(queue, preparer, scheduler, _fault);
        _idle = new IdleWork(options.TimeProvider, options.MaxUnsyncedAge, WakeIfParked);
        _line = new AdmissionLine(queue, counters, scheduler);
        Appender = new Appender(queue, this, _line, scheduler);
    }

    private enum Work
    {
        None,
        Group,
        Oversize,
        Sync,
        Mark,
        Seal,
    }

    internal Appender Appender { get; }

    /// <summary>Told, by the preparer, that appends were refused on a full disk; must only note it.</summary>
    internal Action? Refused { get; set; }

    internal LogFault Fault => _fault;

    internal void Start()
    {
        CommitThread[] threads = new CommitThread[_queue.MaxInFlight];
        for (int i = 0; i < threads.Length; i++)
        {
            threads[i] = new CommitThread(this, _scheduler, $"LogEngine committer {i + 1}");
        }

        lock (_queue.Gate)
        {
            _queue.Threads = threads;
        }
    }

    /// <summary>
    /// Commits one sealed group on the calling thread, which holds the commit role; nothing is in flight.
    /// </summary>
    /// <exception cref="StorageFaultedException">It could not be made durable.</exception>
    internal void CommitOnThisThread(Group group)
    {
        if (MayFly(group))
        {
            Launch(group, null);
            bool sound = Fly(group, null, out StorageFaultedException? failed);
            FindWorker();
            if (!sound)
            {
                throw failed!;
            }

            return;
        }

        Commit(group);
        StorageFaultedException? fault = null;
        lock (_queue.Gate)
        {
            if (_queue.FaultCause is not null)
            {
                fault = _queue.NewFault_NeedsLock(mayBeWritten: true);
            }

            EndRole_NeedsLock(group);
        }

        FindWorker();
        if (fault is not null)
        {
            throw fault;
        }
    }

    /// <summary>Completes once everything up to a sequence is durable; forces the sync.</summary>
    internal Task WaitDurableAsync(long sequence)
    {
        Task task;
        lock (_queue.Gate)
        {
            if (_view.Durable >= sequence)
            {
                return Task.CompletedTask;
            }

            if (_queue.FaultCause is not null)
            {
                return Task.FromException(_queue.NewFault_NeedsLock());
            }

            _queue.SyncWanted = Math.Max(_queue.SyncWanted, sequence);
            task = _queue.DurableWaits.Add_NeedsLock(sequence);
        }

        WakeIfParked();
        return task;
    }

    /// <summary>
    /// Refuses further appends, writes those taken, makes them durable, seals the log. Completes
    /// when that is done; fails with the fault where it cannot be.
    /// </summary>
    internal Task DrainAndSealAsync()
    {
        lock (_queue.Gate)
        {
            _queue.IntakeStopped = true;
            _fault.FailDrain_NeedsLock();
        }

        WakeIfParked();
        return _fault.Drained;
    }

    /// <summary>Ends the committer's threads and timer.</summary>
    internal async Task StopAsync()
    {
        _idle.Dispose();
        foreach (CommitThread thread in _queue.Threads)
        {
            await thread.StopAsync().ConfigureAwait(false);
        }

        foreach (CommitThread thread in _queue.Threads)
        {
            if (thread.Launched is { } launched)
            {
                // Only where the log is faulted, and only in a simulation: it is not written any more.
                launched.Flight.Failure = _fault.Current;
                Fly(launched, thread, out _);
            }
        }
    }

    /// <summary>Frees the buffers; after <see cref="StopAsync"/>.</summary>
    public void Dispose() => _empty.Dispose();

    /// <summary>There is more allocated space, or a spare.</summary>
    internal void RoomMade()
    {
        lock (_queue.Gate)
        {
            _queue.RaiseLimit_NeedsLock();
        }

        _line.AdmitWaiting();
    }

    /// <summary>The disk is full: who waits for space is refused, before it has a sequence.</summary>
    internal void RoomRefused(Exception reason)
    {
        AppendWaiter? refused;
        lock (_queue.Gate)
        {
            if (_queue.IsCommitting || _queue.InFlight > 0 || _queue.HasOpenRecords_NeedsLock)
            {
                // They may be waiting for a commit, not for space; if it is space they ask again.
                return;
            }

            refused = _queue.Waiting.TakeAll();
        }

        Completions.RefuseAll(refused, reason, _scheduler);
        if (reason is StorageFullException)
        {
            // A disk that fails is not full: no space is to be made, and none given up.
            Refused?.Invoke();
        }

        WakeIfParked();
    }

    /// <summary>One piece of the committer's work; false when there is none left.</summary>
    internal bool Step(CommitThread thread)
    {
        if (thread.Launched is { } launched)
        {
            thread.Launched = null;
            Fly(launched, thread, out _);
            return true;
        }

        GatherReturning();
        if (!TryTakeWork(thread, out Work work, out Group? group, out AppendWaiter? oversize))
        {
            return false;
        }

        // Another buffer may be open now: those in line may go on while this one is written.
        _line.AdmitWaiting();
        if (group is not null && work == Work.Group && MayFly(group))
        {
            Launch(group, thread);
            thread.Launched = group;
            return !_scheduler.IsConcurrent || Step(thread);
        }

        if (oversize is not null)
        {
            CommitOversize(oversize);
        }
        else if (work == Work.Group)
        {
            long begun = Stopwatch.GetTimestamp();
            int completed = group!.WaiterCount;
            Commit(group);
            Expect(completed, Stopwatch.GetElapsedTime(begun));
        }
        else
        {
            CommitEmpty(work, group);
        }

        lock (_queue.Gate)
        {
            EndRole_NeedsLock(work == Work.Group ? group : null);
        }

        // Those still in line may have been waiting for this role to be given back.
        _line.AdmitWaiting();
        return true;
    }

    /// <summary>Takes the commit role with what is to be done; parks where there is nothing.</summary>
    private bool TryTakeWork(
        CommitThread thread, out Work work, out Group? group, out AppendWaiter? oversize)
    {
        group = null;
        oversize = null;
        lock (_queue.Gate)
        {
            work = _queue.IsCommitting ? Work.None : ChooseWork_NeedsLock();
            if (work == Work.None)
            {
                // Whoever holds the role, or lands what is in flight, looks for work behind that.
                thread.IsParked = true;
                return false;
            }

            thread.IsParked = false;
            _queue.IsCommitting = true;
            switch (work)
            {
                case Work.Group:
                    group = _queue.Seal_NeedsLock();
                    break;
                case Work.Oversize:
                    oversize = _queue.OversizeHead_NeedsLock;
                    _queue.CloseEmpty_NeedsLock();
                    break;
                default:
                    group = TakeEmpty_NeedsLock(work);
                    break;
            }

            return true;
        }
    }

    /// <summary>Whether a group that is just sealed is to be written beside others; with the role.</summary>
    private bool MayFly(Group group)
    {
        bool isPlain;
        lock (_queue.Gate)
        {
            isPlain = _queue.IsPlain_NeedsLock(group);
        }

        return isPlain && _writer.MayFly(group);
    }

    /// <summary>Readies a sealed group to be written beside others, and gives the role back.</summary>
    private void Launch(Group group, CommitThread? thread)
    {
        group.Flight.Reset();
        try
        {
            _writer.Launch(group);
        }
        catch (Exception cause)
        {
            group.Flight.Failure = cause;
        }

        lock (_queue.Gate)
        {
            _queue.Launch_NeedsLock(group);
            if (thread is not null)
            {
                thread.IsFlying = true;
            }
        }

        FindWorker();
    }

    /// <summary>
    /// Writes a launched group; then lands it, and those behind it whose writes are over, where all
    /// before it have landed. Else whoever lands these will.
    /// </summary>
    /// <param name="group">The group.</param>
    /// <param name="thread">Which of the committer's threads it is; null for an appender's.</param>
    /// <param name="fault">Why it failed, where it has landed here.</param>
    /// <returns>Whether it has landed here, and is durable.</returns>
    private bool Fly(Group group, CommitThread? thread, out StorageFaultedException? fault)
    {
        if (group.Flight.Failure is null)
        {
            try
            {
                _writer.Fly(group);
            }
            catch (Exception cause)
            {
                group.Flight.Failure = cause;
            }
        }

        Group? next;
        lock (_queue.Gate)
        {
            next = _queue.BeginLanding_NeedsLock(group);
            if (thread is not null)
            {
                thread.IsFlying = false;
            }
        }

        bool sound = false;
        fault = null;
        while (next is { } first)
        {
            bool landed = Land(first);
            if (ReferenceEquals(first, group))
            {
                sound = landed;
                fault = landed ? null : _fault.New(mayBeWritten: true);
            }

            lock (_queue.Gate)
            {
                next = _queue.EndLanding_NeedsLock(first);
            }
        }

        // Buffers are free, and those still in line may have been waiting for one.
        _line.AdmitWaiting();
        return sound;
    }

    /// <summary>The first group in flight, whose write is over, counts; or it faults the log.</summary>
    private bool Land(Group group)
    {
        int completed = group.WaiterCount;
        TimeSpan took = group.Flight.Took;
        Exception? failure = group.Flight.Failure;
        try
        {
            // Behind a failure nothing counts, whatever reached the disk.
            if (failure is null && !_fault.IsSet)
            {
                if (_observer is not null)
                {
                    _observer.Apply(
                        group.Segment.View,
                        group.Offset + GroupHeader.Size,
                        group.Records(GroupHeader.Size));
                }

                _writer.Land(group);
                _idle.NoteWrite();
                _observer?.Publish();
            }
        }
        catch (Exception cause)
        {
            failure = cause;
        }

        AppendWaiter? waiters = group.Waiters.TakeAll();
        if (failure is not null)
        {
            _fault.Set(failure);
            _observer?.Discard();
        }

        if (failure is not null || !Announce())
        {
            Completions.FailAll(waiters, _fault, _scheduler);
            return false;
        }

        Completions.CompleteAll(waiters, completed, _scheduler);
        Expect(completed, took);
        return true;
    }

    /// <summary>
    /// The role is free, or nothing is in flight any more, and the caller will not look for work itself.
    /// </summary>
    private void FindWorker()
    {
        CommitThread? wake;
        lock (_queue.Gate)
        {
            wake = !_queue.IsCommitting && ChooseWork_NeedsLock() != Work.None
                ? _queue.TakeParked_NeedsLock()
                : null;
        }

        wake?.Wake();
        _line.AdmitWaiting();
    }

    private void Expect(int completed, TimeSpan took)
    {
        Volatile.Write(ref _returning, completed + _queue.OpenWaiters);
        Volatile.Write(ref _lastCommitTicks, took.Ticks);
    }

    /// <summary>
    /// After a commit, gives the appenders it has just completed a moment to come back: otherwise
    /// they miss the next group by microseconds, and appenders fall into two halves that wait for
    /// each other's commits. It takes at most an eighth of the last commit's own time, on a clock
    /// of its own that decides about nothing else.
    /// </summary>
    private void GatherReturning()
    {
        int expected = Volatile.Read(ref _returning);
        if (expected is 0 or > MostGathered || !_scheduler.IsConcurrent)
        {
            return;
        }

        Volatile.Write(ref _returning, 0);
        TimeSpan share = TimeSpan.FromTicks(Volatile.Read(ref _lastCommitTicks)) / GatherShare;
        TimeSpan budget = share < LongestGather ? share : LongestGather;
        long begun = Stopwatch.GetTimestamp();
        while (_queue.OpenWaiters < expected && Stopwatch.GetElapsedTime(begun) < budget)
        {
            Thread.Yield();
        }
    }

    /// <summary>What is to be done next, the role being free; sets the timer where nothing is.</summary>
    private Work ChooseWork_NeedsLock()
    {
        if (_queue.FaultCause is not null || _queue.IsSealed || _queue.IsFailing)
        {
            return Work.None;
        }

        if (_queue.InFlight > 0)
        {
            return _queue.InFlight < _queue.MaxInFlight
                && _queue.OpenGroup_NeedsLock is { } open
                && _queue.IsPlain_NeedsLock(open)
                && _writer.MayFly(open)
                    ? Work.Group
                    : Work.None;
        }

        if (_queue.HasOpenRecords_NeedsLock)
        {
            return Work.Group;
        }

        if (_queue.OversizeHead_NeedsLock is not null)
        {
            return Work.Oversize;
        }

        bool draining = _queue.IsDraining_NeedsLock;
        if (_writer.HasUnsynced
            && (draining || _queue.SyncWanted > _view.Durable || _idle.SyncIsDue(_writer)))
        {
            return Work.Sync;
        }

        if (draining)
        {
            return Work.Seal;
        }

        bool owesMark = _writer.OwesMark
            && _queue.Chain.TryPlaceEmpty_NeedsLock(last: false, out _, out _);
        if (owesMark && _idle.MarkIsDue())
        {
            return Work.Mark;
        }

        _idle.Arm_NeedsLock(_writer, owesMark);
        return Work.None;
    }

    private void EndRole_NeedsLock(Group? written)
    {
        _queue.IsCommitting = false;
        if (written is not null)
        {
            _queue.Release_NeedsLock(written);
        }
    }

    /// <summary>Prepares a group without records for a mark or the seal; null where none is due.</summary>
    private Group? TakeEmpty_NeedsLock(Work work)
    {
        if (work is not (Work.Mark or Work.Seal))
        {
            return null;
        }

        _queue.CloseEmpty_NeedsLock();
        if (!_queue.Chain.TryPlaceEmpty_NeedsLock(
            last: work == Work.Seal, out ActiveSegment segment, out long offset))
        {
            return null;
        }

        _empty.Open(segment, offset, _queue.NextSequence, GroupHeader.Size);
        _queue.Chain.Advance_NeedsLock(_empty);
        return _empty;
    }

    /// <summary>Writes a sealed group and completes its appends; faults the log on any failure.</summary>
    private void Commit(Group group)
    {
        try
        {
            if (_observer is not null)
            {
                Observe(_observer, group);
            }

            bool sync = group.Strongest == Durability.PowerLoss || _idle.SyncIsDue(_writer);
            if (group.RecordCount > 0)
            {
                _writer.Write(group, GroupFlags.None, sync);
                _idle.NoteWrite();
                _observer?.Publish();
            }
            else if (sync)
            {
                // Refusals alone: what they were judged against must be as durable as they ask.
                _writer.Sync();
            }
        }
        catch (Exception cause)
        {
            AppendWaiter? waiters = group.Waiters.TakeAll();
            AppendWaiter? late = group.Late.TakeAll();
            _fault.Set(cause);
            _observer?.Discard();
            Completions.FailAll(waiters, _fault, _scheduler);
            Completions.FailAll(late, _fault, _scheduler);
            return;
        }

        AppendWaiter? done = group.Waiters.TakeAll();
        if (Announce())
        {
            Completions.CompleteAll(done, group.WaiterCount, _scheduler);
        }
        else
        {
            // The preparer's sync failed meanwhile: nothing is acknowledged after that.
            Completions.FailAll(done, _fault, _scheduler);
        }
    }

    /// <summary>
    /// Shows the observer what the group holds, and lets it judge the late batches, one after the
    /// other, each with everything before it in view. Then the group is complete.
    /// </summary>
    private void Observe(IGroupObserver observer, Group group)
    {
        group.WaitCopied();
        int seen = GroupHeader.Size;
        if (group.RecordCount > 0)
        {
            observer.Apply(group.Segment.View, group.Offset + seen, group.Records(seen));
            seen = group.Used;
        }

        if (group.Late.IsEmpty)
        {
            return;
        }

        int before = group.RecordCount;
        long payloadBytes = 0;
        while (group.Late.First is { } waiter)
        {
            LateBatch late = waiter.Late!;
            long first = group.FirstSequence + group.RecordCount;
            int written = late.Judge() ? group.AppendLate(late, _kept, ref payloadBytes) : 0;
            waiter.SetJudged(first, written);
            if (written > 0)
            {
                observer.Apply(group.Segment.View, group.Offset + seen, group.Records(seen));
                seen = group.Used;
            }

            // Last: whatever throws finds it in one of the two lists.
            group.Waiters.Add(group.Late.RemoveFirst());
        }

        lock (_queue.Gate)
        {
            _queue.EndJudging_NeedsLock(group, group.RecordCount - before, payloadBytes);
        }

        // Nobody could be let in while it was open how many sequences the group takes.
        _line.AdmitWaiting();
    }

    /// <summary>Commits the first in line, in a segment of its own size.</summary>
    private void CommitOversize(AppendWaiter waiter)
    {
        if (waiter.Late is { } late && !late.Judge())
        {
            RefuseOversize(waiter);
            return;
        }

        // Asked before: a waiter is not ours any more once its group has been committed.
        bool ordered = waiter is { Durability: Durability.None, IsBlocking: false };
        using Group? group = _oversize.TryPlace(waiter);
        if (group is null)
        {
            return;
        }

        Commit(group);
        if (ordered)
        {
            waiter.Complete(null, _scheduler);
        }
    }

    /// <summary>
    /// A late batch that needs a group of its own was refused: nothing is placed. Between its
    /// judgement and here nothing was committed.
    /// </summary>
    private void RefuseOversize(AppendWaiter waiter)
    {
        lock (_queue.Gate)
        {
            if (!ReferenceEquals(_queue.Waiting.First, waiter)
                || waiter.State != WaiterState.Queued)
            {
                return;
            }

            _queue.Waiting.RemoveFirst();
            waiter.State = WaiterState.Admitted;
        }

        waiter.SetJudged(_view.Written + 1, 0);
        Exception? error = null;
        if (waiter.Durability == Durability.PowerLoss)
        {
            CommitEmpty(Work.Sync, null);
            error = _fault.Current;
        }

        waiter.Complete(error, _scheduler);
    }

    /// <summary>Syncs, or writes a group that holds no record.</summary>
    private void CommitEmpty(Work work, Group? group)
    {
        try
        {
            if (work == Work.Sync)
            {
                _writer.Sync();
            }
            else if (group is not null)
            {
                _writer.Write(
                    group,
                    work == Work.Seal ? GroupFlags.Seal : GroupFlags.None,
                    sync: true);
                _idle.NoteMark();
            }
        }
        catch (Exception cause)
        {
            _fault.Set(cause);
            return;
        }

        if (work == Work.Seal)
        {
            lock (_queue.Gate)
            {
                _queue.IsSealed = true;
            }

            _fault.SetDrained();
        }

        Announce();
    }

    /// <summary>Tells those who wait for durability and those who read; false where faulted.</summary>
    private bool Announce()
    {
        List<TaskCompletionSource>? done;
        lock (_queue.Gate)
        {
            if (_queue.FaultCause is not null)
            {
                return false;
            }

            done = _queue.DurableWaits.TakeDone_NeedsLock(_view.Durable);
        }

        if (done is not null)
        {
            foreach (TaskCompletionSource wait in done)
            {
                wait.TrySetResult();
            }
        }

        _view.Changed.Pulse();
        return true;
    }

    private void WakeIfParked()
    {
        CommitThread? wake;
        lock (_queue.Gate)
        {
            wake = _queue.TakeParked_NeedsLock();
        }

        wake?.Wake();
    }
}
