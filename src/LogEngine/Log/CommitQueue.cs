using LogEngine.Format;

namespace LogEngine.Log;

/// <summary>
/// What appenders and the committer share: the open group, those who wait for room, who has the
/// commit role, and whether the log takes appends at all.
/// </summary>
/// <remarks>
/// One gate guards every mutable member. It is held for a few instructions: never across I/O, an
/// await, a copy or a completion. Methods that end in _NeedsLock are called under it.
/// </remarks>
internal sealed class CommitQueue : IDisposable
{
    /// <summary>Of larger groups a disk writes two in no less time than one after the other.</summary>
    internal const int MaxBytesBeside = 512 << 10;

    private readonly LogView _view;
    private readonly LogCounters _counters;
    private readonly SegmentChain _chain;
    private readonly Group[] _groups;

    /// <summary>Groups in flight, in the order of the log; one is taken out once it has landed.</summary>
    private readonly Queue<Group> _inFlight = new();

    /// <summary>The groups that are neither open nor being written.</summary>
    private readonly Stack<Group> _free;

    /// <summary>The group that takes reservations; null until the next one needs it.</summary>
    private Group? _open;

    /// <summary>
    /// A sealed group whose late batches are being judged: how many sequences and bytes it takes is
    /// not known yet, so no other opens.
    /// </summary>
    private Group? _judged;

    /// <summary>How many groups gain something by flying; null where as many fly as may.</summary>
    private readonly FlightGauge? _gauge;

    /// <summary>Whether a written group may not be added to any more, for its time.</summary>
    private readonly Func<Group, bool> _isTooOldToGrow;

    internal CommitQueue(
        LogView view,
        LogCounters counters,
        SegmentChain chain,
        long nextSequence,
        int maxInFlight,
        FlightGauge? gauge,
        Func<Group, bool> isTooOldToGrow)
    {
        _gauge = gauge;
        _isTooOldToGrow = isTooOldToGrow;
        _view = view;
        _counters = counters;
        _chain = chain;
        NextSequence = nextSequence;
        MaxInFlight = maxInFlight;

        // One is open while the others are on their way.
        _groups = new Group[maxInFlight + 1];
        for (int i = 0; i < _groups.Length; i++)
        {
            _groups[i] = new Group(chain.Alignment, chain.GroupCap, isTimed: gauge is not null);
        }

        _free = new Stack<Group>(_groups);
    }

    internal Lock Gate { get; } = new();

    /// <summary>Appends that wait for room, in order.</summary>
    internal WaiterList Waiting { get; } = new();

    internal WaiterPool Waiters { get; } = new();

    internal DurableWaits DurableWaits { get; } = new();

    internal SegmentChain Chain => _chain;

    internal long NextSequence { get; private set; }

    /// <summary>Somebody has the commit role.</summary>
    internal bool IsCommitting { get; set; }

    /// <summary>Most groups whose writes are on their way at a time; 1 for one after the other.</summary>
    internal int MaxInFlight { get; }

    /// <summary>How many of them pay at present.</summary>
    internal int FlightLimit => _gauge?.Limit ?? MaxInFlight;

    internal int InFlight => _inFlight.Count;

    /// <summary>
    /// Blocked appenders that are awake, and commit what they find: nobody needs to be woken for that.
    /// </summary>
    internal int Helpers => Volatile.Read(ref _helpers);

    private int _helpers;

    /// <summary>One more, or one less; how many there are now.</summary>
    internal int CountHelper(int change) => Interlocked.Add(ref _helpers, change);

    /// <summary>Somebody lands groups.</summary>
    internal bool IsLanding { get; private set; }

    /// <summary>The write of a group in flight has failed: nothing more is written.</summary>
    internal bool IsFailing { get; private set; }

    /// <summary>Closing has begun.</summary>
    internal bool IntakeStopped { get; set; }

    /// <summary>The seal is written.</summary>
    internal bool IsSealed { get; set; }

    /// <summary>Highest sequence that somebody wants durable.</summary>
    internal long SyncWanted { get; set; }

    /// <summary>The first cause; null while sound.</summary>
    internal Exception? FaultCause { get; set; }

    /// <summary>Set once a fault has been shown to a caller.</summary>
    internal bool FaultReported { get; private set; }

    internal Group? OpenGroup_NeedsLock => _open;

    internal bool HasOpenRecords_NeedsLock => _open is { HasWork: true };

    /// <summary>Appends that wait for the open group; a glance without the gate.</summary>
    internal int OpenWaiters => Volatile.Read(ref _open)?.WaiterCount ?? 0;

    /// <summary>Everything taken has been handed to the committer and no more will come.</summary>
    internal bool IsDraining_NeedsLock =>
        IntakeStopped && Waiting.IsEmpty && !HasOpenRecords_NeedsLock;

    /// <summary>Nothing is on its way: a blocking appender may commit for itself.</summary>
    internal bool IsIdle_NeedsLock =>
        !IsCommitting && InFlight == 0 && !HasOpenRecords_NeedsLock && Waiting.IsEmpty;

    /// <summary>The first in line, if it can only have a group of its own, and may have it now.</summary>
    internal AppendWaiter? OversizeHead_NeedsLock
    {
        get
        {
            DropWithdrawn_NeedsLock();
            return Waiting.First is { } first && IsOversize(first.Size) && !HasOpenRecords_NeedsLock
                ? first
                : null;
        }
    }

    /// <summary>A fresh exception around the first cause: each caller gets its own.</summary>
    /// <param name="mayBeWritten">Whether what the caller appends has been admitted.</param>
    internal StorageFaultedException NewFault_NeedsLock(bool mayBeWritten = false)
    {
        FaultReported = true;
        return new StorageFaultedException(_view.Directory, FaultCause!, mayBeWritten);
    }

    /// <summary>Throws where the log takes no append.</summary>
    internal Exception? Refusal_NeedsLock()
    {
        if (FaultCause is not null)
        {
            return NewFault_NeedsLock();
        }

        return IntakeStopped ? new ObjectDisposedException(nameof(WriteAheadLog)) : null;
    }

    internal bool IsOversize(long size) => size > _chain.GroupCap - GroupHeader.Size;

    /// <summary>
    /// Takes a place and sequences in the open group, opening one if need be. False where there is
    /// no room now: whoever can make room has been asked to.
    /// </summary>
    internal bool TryReserve_NeedsLock(
        long size, int records, long payloadBytes, Durability durability, out Reservation place)
    {
        if (OpenFor_NeedsLock(size) is not { } open)
        {
            place = default;
            return false;
        }

        place = Take_NeedsLock(open, (int)size, records, payloadBytes, durability);
        return true;
    }

    /// <summary>
    /// Takes room for a late batch in the open group, opening one if need be. False where there is
    /// none now.
    /// </summary>
    /// <param name="waiter">The append.</param>
    /// <param name="firstInLine">It is the first in line, and leaves it.</param>
    internal bool TryReserveLate_NeedsLock(AppendWaiter waiter, bool firstInLine)
    {
        if (OpenFor_NeedsLock(waiter.Size) is not { } open)
        {
            return false;
        }

        if (firstInLine)
        {
            Waiting.RemoveFirst();
        }

        waiter.State = WaiterState.Admitted;
        open.ReserveLate(waiter);
        return true;
    }

    /// <summary>
    /// The open group, if there is room for so many bytes in it, opened if need be; else null, and whoever
    /// can make room has been asked to.
    /// </summary>
    private Group? OpenFor_NeedsLock(long size)
    {
        if (IsOversize(size))
        {
            return null;
        }

        if (_open is { Grows: true, HasWork: false } written
            && (!written.Fits(size) || _isTooOldToGrow(written)))
        {
            CloseEmpty_NeedsLock();
        }

        if (_open is null && !TryOpen_NeedsLock())
        {
            return null;
        }

        Group open = _open!;
        if (open.Fits(size))
        {
            return open;
        }

        if (!open.HasWork)
        {
            _chain.Demand_NeedsLock(_chain.GroupCap);
        }

        return null;
    }

    /// <summary>Takes a place in a given group.</summary>
    internal Reservation Take_NeedsLock(
        Group group, int size, int records, long payloadBytes, Durability durability)
    {
        NextSequence += records;
        _counters.RecordsAppended += records;
        _counters.PayloadBytes += payloadBytes;
        return group.Reserve(size, records, durability);
    }

    /// <summary>Closes the open group, which has records, and takes it for writing.</summary>
    internal Group Seal_NeedsLock()
    {
        Group group = _open!;
        _open = null;
        if (group.Late.IsEmpty)
        {
            _chain.Advance_NeedsLock(group);
        }
        else
        {
            _judged = group;
        }

        if (WantsSync_NeedsLock)
        {
            // Under a stream of weaker appends there may never be an idle moment for a sync alone.
            group.RequireSync();
        }

        return group;
    }

    private bool WantsSync_NeedsLock => SyncWanted > _view.Durable;

    /// <summary>
    /// Whether a group, open or just sealed, may be written beside others, as far as its content decides.
    /// </summary>
    internal bool IsPlain_NeedsLock(Group group) => FlightLimit > 1
        && group.Late.IsEmpty
        && group.RecordCount > 0
        && group.Used <= MaxBytesBeside
        && (group.Strongest == Durability.PowerLoss || WantsSync_NeedsLock);

    /// <summary>A group is written beside others from here on.</summary>
    internal void Launch_NeedsLock(Group group)
    {
        Invariant.Require(InFlight < MaxInFlight, "more groups in flight than allowed");
        _inFlight.Enqueue(group);
        IsCommitting = false;
        IsFailing |= group.Flight.Failure is not null;
    }

    /// <summary>
    /// The write of a group is over; gives the first group in flight if it is to be landed by the caller.
    /// </summary>
    internal Group? BeginLanding_NeedsLock(Group over)
    {
        over.Flight.IsOver = true;
        IsFailing |= over.Flight.Failure is not null;
        Group first = _inFlight.Peek();
        if (IsLanding || !first.Flight.IsOver)
        {
            return null;
        }

        IsLanding = true;
        return first;
    }

    /// <summary>A group has landed; gives the next one to be landed by the caller, if its write is over.</summary>
    internal Group? EndLanding_NeedsLock(Group landed)
    {
        Invariant.Require(ReferenceEquals(_inFlight.Dequeue(), landed), "groups landed out of order");
        Release_NeedsLock(landed);
        if (InFlight > 0 && _inFlight.Peek() is { Flight.IsOver: true } next)
        {
            return next;
        }

        IsLanding = false;
        return null;
    }

    /// <summary>
    /// The late batches of a sealed group have been judged and encoded: what comes next goes behind
    /// them.
    /// </summary>
    internal void EndJudging_NeedsLock(Group group, int records, long payloadBytes)
    {
        Invariant.Require(ReferenceEquals(_judged, group), "judging ended for another group");
        _judged = null;
        NextSequence += records;
        _counters.RecordsAppended += records;
        _counters.PayloadBytes += payloadBytes;
        if (group.RecordCount > 0)
        {
            _chain.Advance_NeedsLock(group);
        }
    }

    /// <summary>The written group's buffer may be filled again.</summary>
    internal void Release_NeedsLock(Group group) => _free.Push(group);

    /// <summary>
    /// A written group goes on as the open one, if nothing has been placed behind it; else its buffer may be
    /// filled again.
    /// </summary>
    internal void Reopen_NeedsLock(Group written)
    {
        if (_open is null && !IsDraining_NeedsLock && _chain.TryStepBack_NeedsLock(written))
        {
            written.Reopen(GroupWriter.GrowthLimit(written));
            _open = written;
        }
        else
        {
            _free.Push(written);
        }
    }

    /// <summary>
    /// Takes back an open group that nobody has put anything into, or added anything to: it will not grow
    /// any more.
    /// </summary>
    internal void CloseEmpty_NeedsLock()
    {
        if (_open is { } open)
        {
            Invariant.Require(!open.HasWork, "an open group with records taken back");
            if (open.Grows)
            {
                _chain.Advance_NeedsLock(open);
            }

            _free.Push(open);
            _open = null;
        }
    }

    /// <summary>What must hold whenever nobody is in the gate.</summary>
    internal void AssertInvariants_NeedsLock()
    {
        Invariant.Require(
            _free.Count + InFlight + (_open is null ? 0 : 1) <= _groups.Length,
            "a buffer is in two places");
        Invariant.Require(
            _open is null || _open.LastSequence < NextSequence, "the open group is ahead of its log");
        Invariant.Require(
            _open is null || _judged is not null || _open.LastSequence == NextSequence - 1,
            "the open group is not the last");
        Invariant.Require(
            _open is not { Grows: true } || InFlight == 0, "a group grows beside one in flight");
        Invariant.Require(InFlight == 0 || _judged is null, "a group is judged beside one in flight");
        Invariant.Require(_view.Durable <= _view.Written, "durable above written");
        Invariant.Require(_view.Written < NextSequence, "written above what was given");
    }

    /// <summary>More space has been allocated: an open group may use it.</summary>
    internal void RaiseLimit_NeedsLock()
    {
        if (_open is { } open)
        {
            open.RaiseLimit(_chain.LimitAt(open.Segment, open.Offset));
        }
    }

    /// <summary>Forgets those at the front who were cancelled while they waited.</summary>
    internal void DropWithdrawn_NeedsLock()
    {
        while (Waiting.First is { State: WaiterState.Withdrawn })
        {
            Waiting.RemoveFirst();
        }
    }

    /// <summary>Frees the buffers, once every producer has left them.</summary>
    public void Dispose()
    {
        foreach (Group group in _groups)
        {
            group.WaitCopied();
            group.Dispose();
        }
    }

    private bool TryOpen_NeedsLock()
    {
        if (_free.Count == 0
            || _judged is not null
            || !_chain.TryPlace_NeedsLock(
                NextSequence, out ActiveSegment segment, out long offset, out int limit))
        {
            return false;
        }

        _open = _free.Pop();
        _open.Open(segment, offset, NextSequence, limit);
        return true;
    }
}
