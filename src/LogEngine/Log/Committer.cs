using System.Diagnostics;
using LogEngine.Format;

namespace LogEngine.Log;

/// <summary>
/// The committing side: takes the open group, writes and syncs it, completes its appends; between
/// groups, the syncs, marks and the seal. It runs on threads of its own, or for one group on that
/// of an appender.
/// </summary>
/// <remarks>
/// The way of an append: <see cref="Appender"/> gives it a place in the open group; whoever takes the
/// <see cref="CommitRole"/> seals that group; <see cref="GroupWriter"/> writes it, and what else its level
/// asks for; <see cref="Acknowledgement"/> completes who waited. A group whose own write makes it durable
/// is handed to <see cref="Flights"/> instead: the role is given back, its write goes on beside others, and
/// it lands once all before it have. Everything else keeps the role to its end, and begins only where
/// nothing is in flight.
/// </remarks>
internal sealed class Committer : IDisposable
{
    /// <summary>An appender that commits does it so many times for others, then another thread must.</summary>
    private const int MostForOthers = 16;

    private readonly CommitParts _parts;
    private readonly CommitQueue _queue;
    private readonly CommitRole _role;
    private readonly GroupWriter _writer;
    private readonly Acknowledgement _answers;
    private readonly Flights _flights;
    private readonly Gathering _gathering;
    private readonly OversizeCommit _oversize;
    private readonly IGroupObserver? _observer;

    /// <summary>Which records of a late batch are kept; commit role.</summary>
    private readonly List<int> _kept = [];

    internal Committer(CommitParts parts, CommitRole role)
    {
        _parts = parts;
        _queue = parts.Queue;
        _writer = parts.Writer;
        _observer = parts.Observer;
        _role = role;
        _answers = new Acknowledgement(parts);
        _gathering = parts.Gathering;
        _flights = new Flights(parts, role, _answers);
        _oversize = new OversizeCommit(_queue, parts.Preparer, parts.Scheduler, parts.Fault);
    }

    internal LogFault Fault => _parts.Fault;

    internal void Start() => _parts.Threads.Start(Step);

    /// <summary>
    /// Commits one sealed group on the calling thread, which holds the commit role; nothing is in flight.
    /// Whoever waits for it is told as by any other commit.
    /// </summary>
    internal void CommitHere(Group group)
    {
        if (_flights.MayFly(group))
        {
            _flights.Launch(group, null);
            _flights.Fly(group, null);
        }
        else
        {
            Commit(group);
            _role.End(group);

            // Who came meanwhile waits for no thread to wake up, as long as that costs no more than a copy.
            for (int more = 0; more < MostForOthers && _role.TryTakeCheap() is { } next; more++)
            {
                Commit(next);
                _role.End(next);
            }
        }

        _role.PassOn();
    }

    /// <summary>Completes once everything up to a sequence is durable; forces the sync.</summary>
    internal Task WaitDurableAsync(long sequence)
    {
        Task task;
        lock (_queue.Gate)
        {
            if (_parts.View.Durable >= sequence)
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

        _parts.Threads.WakeOne();
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
            Fault.FailDrain_NeedsLock();
        }

        _parts.Threads.WakeOne();
        return Fault.Drained;
    }

    /// <summary>Ends the committer's threads and timer.</summary>
    internal async Task StopAsync()
    {
        _parts.Idle.Dispose();
        await _parts.Threads.StopAsync().ConfigureAwait(false);
        foreach (CommitThread thread in _parts.Threads.All)
        {
            if (thread.Launched is { } launched)
            {
                // Only where the log is faulted, and only in a simulation: it is not written any more.
                launched.Flight.Failure = Fault.Current;
                _flights.Fly(launched, thread);
            }
        }
    }

    /// <summary>Frees the buffers; after <see cref="StopAsync"/>.</summary>
    public void Dispose() => _role.Dispose();

    /// <summary>One piece of the committer's work; false when there is none left.</summary>
    private bool Step(CommitThread thread)
    {
        if (thread.Launched is { } launched)
        {
            thread.Launched = null;
            _flights.Fly(launched, thread);
            return true;
        }

        _gathering.Wait();
        if (!_role.TryTake(
            thread, out CommitWork work, out Group? group, out AppendWaiter? oversize))
        {
            return false;
        }

        // Another buffer may be open now: those in line may go on while this one is written.
        _parts.Line.AdmitWaiting();
        if (work == CommitWork.Group && _flights.MayFly(group!))
        {
            _flights.Launch(group!, thread);
            thread.Launched = group;
            return !_parts.Scheduler.IsConcurrent || Step(thread);
        }

        switch (work)
        {
            case CommitWork.Group:
                long begun = Stopwatch.GetTimestamp();
                int completed = group!.WaiterCount;
                Commit(group);
                _gathering.Expect(completed, Stopwatch.GetElapsedTime(begun));
                break;
            case CommitWork.Oversize:
                CommitOversize(oversize!);
                break;
            default:
                CommitEmpty(work, group);
                break;
        }

        _role.End(work == CommitWork.Group ? group : null);

        // Those still in line may have been waiting for this role to be given back.
        _parts.Line.AdmitWaiting();
        return true;
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

            bool sync = group.Strongest == Durability.PowerLoss || _parts.Idle.SyncIsDue(_writer);
            if (group.AddedCount > 0)
            {
                _writer.Write(group, GroupFlags.None, sync);
                _parts.Idle.NoteWrite();
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
            _answers.Fail(group, cause);
            return;
        }

        _answers.Complete(group);
    }

    /// <summary>
    /// Shows the observer what the group holds, and lets it judge the late batches, one after the
    /// other, each with everything before it in view. Then the group is complete.
    /// </summary>
    private void Observe(IGroupObserver observer, Group group)
    {
        group.WaitCopied();
        int seen = group.WrittenEnd;
        if (group.AddedCount > 0)
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
        _parts.Line.AdmitWaiting();
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
            waiter.Complete(null, _parts.Scheduler);
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

        waiter.SetJudged(_parts.View.Written + 1, 0);
        Exception? error = null;
        if (waiter.Durability == Durability.PowerLoss)
        {
            CommitEmpty(CommitWork.Sync, null);
            error = Fault.Current;
        }

        waiter.Complete(error, _parts.Scheduler);
    }

    /// <summary>Syncs, or writes a group that holds no record.</summary>
    private void CommitEmpty(CommitWork work, Group? group)
    {
        try
        {
            if (work == CommitWork.Sync)
            {
                _writer.Sync();
            }
            else if (group is not null)
            {
                _writer.Write(
                    group,
                    work == CommitWork.Seal ? GroupFlags.Seal : GroupFlags.None,
                    sync: true);
                _parts.Idle.NoteMark();
            }
        }
        catch (Exception cause)
        {
            Fault.Set(cause);
            return;
        }

        if (work == CommitWork.Seal)
        {
            lock (_queue.Gate)
            {
                _queue.IsSealed = true;
            }

            Fault.SetDrained();
        }

        _answers.Announce();
    }
}
