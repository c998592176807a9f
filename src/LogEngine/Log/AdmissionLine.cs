namespace LogEngine.Log;

/// <summary>
/// The line of appends that wait for room, and the pump that lets them in, in order: into the open
/// group, copied on the pool or by the blocked thread itself.
/// </summary>
internal sealed class AdmissionLine : IThreadPoolWorkItem
{
    private readonly CommitQueue _queue;
    private readonly LogCounters _counters;
    private readonly CommitThreads _threads;
    private readonly IScheduler _scheduler;

    /// <summary>The pump is queued already. Under the gate.</summary>
    private bool _pumpQueued;

    internal AdmissionLine(
        CommitQueue queue, LogCounters counters, CommitThreads threads, IScheduler scheduler)
    {
        _queue = queue;
        _threads = threads;
        _counters = counters;
        _scheduler = scheduler;
    }

    /// <summary>Told that appends were refused on a full disk; must only note it.</summary>
    internal Action? Refused { get; set; }

    /// <summary>There is more allocated space, or a spare.</summary>
    internal void RoomMade()
    {
        lock (_queue.Gate)
        {
            _queue.RaiseLimit_NeedsLock();
        }

        AdmitWaiting();
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

        _threads.WakeOne();
    }

    /// <summary>Takes the last place; its turn comes when there is room.</summary>
    internal void StandInLine_NeedsLock(AppendWaiter waiter)
    {
        _counters.BackPressureWaits++;
        waiter.State = WaiterState.Queued;
        if (waiter.Late is null)
        {
            waiter.LendBytes();
        }

        _queue.Waiting.Add(waiter);
    }

    /// <summary>A waiter of an admitted append; None has nothing to wait for.</summary>
    internal static void Admit_NeedsLock(AppendWaiter? waiter, Reservation place)
    {
        if (waiter is null)
        {
            return;
        }

        waiter.State = WaiterState.Admitted;
        waiter.Sequence = place.Sequence;
        if (waiter.Durability != Durability.None)
        {
            place.Group.Waiters.Add(waiter);
            place.Group.CountWaiter();
        }
    }

    /// <summary>Stops the wait for an append; one that was not admitted is never written.</summary>
    internal void Cancel(AppendWaiter waiter, CancellationToken token)
    {
        bool mayBeWritten;
        lock (_queue.Gate)
        {
            mayBeWritten = waiter.State != WaiterState.Queued;
            if (!mayBeWritten)
            {
                waiter.State = WaiterState.Withdrawn;
                _queue.DropWithdrawn_NeedsLock();
            }
        }

        if (mayBeWritten)
        {
            waiter.WaitBytesTaken();
        }

        waiter.Complete(new AppendCanceledException(mayBeWritten, token), _scheduler);
        AdmitWaiting();
    }

    /// <summary>
    /// There may be room: lets in those who wait for it. Blocked threads are let in at once, since
    /// they copy for themselves and may be all the threads that the pool has; the others soon, on
    /// the pool.
    /// </summary>
    internal void AdmitWaiting()
    {
        bool pump;
        CommitThread? wake;
        lock (_queue.Gate)
        {
            _queue.AssertInvariants_NeedsLock();
            _queue.DropWithdrawn_NeedsLock();
            while (_queue.Waiting.First is { IsBlocking: true } first
                && _queue.FaultCause is null
                && TryAdmit_NeedsLock(first, out _))
            {
                _queue.DropWithdrawn_NeedsLock();
            }

            pump = !_pumpQueued && _queue.Waiting.First is { IsBlocking: false };
            _pumpQueued |= pump;
            wake = _queue.HasOpenRecords_NeedsLock ? _threads.TakeParked_NeedsLock() : null;
        }

        wake?.Wake();

        if (pump)
        {
            _scheduler.Queue(this);
        }
    }

    void IThreadPoolWorkItem.Execute()
    {
        lock (_queue.Gate)
        {
            _pumpQueued = false;
        }

        while (AdmitNext())
        {
        }
    }

    /// <summary>Admits the first in line if there is room for it, and copies its bytes.</summary>
    internal bool AdmitNext()
    {
        AppendWaiter waiter;
        Reservation place = default;
        bool ordered;
        CommitThread? wake;
        lock (_queue.Gate)
        {
            _queue.AssertInvariants_NeedsLock();
            _queue.DropWithdrawn_NeedsLock();
            if (_queue.FaultCause is not null
                || _queue.Waiting.First is not { } first
                || !TryAdmit_NeedsLock(first, out place))
            {
                return false;
            }

            // Once its bytes are there, the commit may complete it and it may serve another append:
            // only one that waits for nothing but its order is still ours after that.
            waiter = first;
            ordered = first is { Durability: Durability.None, IsBlocking: false };
            wake = _threads.TakeParked_NeedsLock();
        }

        if (place.Group is not null && !waiter.IsBlocking)
        {
            waiter.FillFrom(place);
        }

        if (ordered)
        {
            waiter.Complete(null, _scheduler);
        }

        wake?.Wake();

        return true;
    }

    /// <summary>Gives the first in line its place, if there is room for it.</summary>
    private bool TryAdmit_NeedsLock(AppendWaiter first, out Reservation place)
    {
        if (first.Late is not null)
        {
            place = default;
            return _queue.TryReserveLate_NeedsLock(first, firstInLine: true);
        }

        if (!_queue.TryReserve_NeedsLock(
            first.Size, first.Count, first.PayloadBytes, first.Durability, out place))
        {
            return false;
        }

        _queue.Waiting.RemoveFirst();
        Admit_NeedsLock(first, place);
        if (first.IsBlocking)
        {
            first.Grant_NeedsLock(place);
        }

        return true;
    }
}
