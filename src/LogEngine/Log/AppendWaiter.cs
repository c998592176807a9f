using System.Runtime.ExceptionServices;
using System.Threading.Tasks.Sources;
using LogEngine.Awaiting;

namespace LogEngine.Log;

/// <summary>Where an append stands; changes only under the commit queue's gate.</summary>
internal enum WaiterState
{
    /// <summary>In no list: free, or not yet offered.</summary>
    Idle,

    /// <summary>Waiting for room; owns no sequence and no bytes.</summary>
    Queued,

    /// <summary>Admitted to a group: has a sequence, will be written.</summary>
    Admitted,

    /// <summary>Cancelled before admission: skipped by the queue, certainly not written.</summary>
    Withdrawn,
}

/// <summary>One append that waits for its commit, and its completion.</summary>
/// <remarks>
/// <para>
/// Only waiters that cannot be cancelled are pooled: a cancelled one may be referenced by its group
/// after its caller has gone, so it must not serve another.
/// </para>
/// <para>
/// A completion is delivered once: by the committer, by a fault, or by a cancellation, whoever sets
/// <see cref="_claimed"/> first. It is always queued to the scheduler, so that no caller's code
/// runs on the committer or under a lock.
/// </para>
/// </remarks>
internal sealed class AppendWaiter
    : IValueTaskSource<long>, IValueTaskSource<SequenceRange>, IThreadPoolWorkItem
{
    private readonly WaiterPool? _home;

    /// <summary>Set for a waiter that a blocked thread waits on; null for asynchronous ones.</summary>
    private readonly ManualResetEventSlim? _event;

    /// <summary>What its caller may do with it, and when.</summary>
    private AwaitOnce _await;
    private CancellationTokenRegistration _registration;
    private Exception? _error;

    /// <summary>Set while the waiter still leads a list that it is to complete.</summary>
    private IScheduler? _restScheduler;

    /// <summary>1 once somebody has taken it upon himself to deliver the outcome.</summary>
    private int _claimed;

    /// <summary>The outcome is there.</summary>
    private bool _delivered;

    /// <summary>Where a blocked thread copies its bytes itself, once admitted from the queue.</summary>
    private Reservation _grant;

    /// <summary>False from standing in line until the bytes have been copied.</summary>
    private bool _bytesTaken = true;
    private bool _granted;

    /// <summary>Its append is committed by the thread that made it, which nothing follows on yet.</summary>
    private bool _staysHere;

    /// <summary>The blocked thread was interrupted, and will be told after its append.</summary>
    private bool _interrupted;

    private AppendWaiter(WaiterPool? home, bool blocking)
    {
        _home = home;
        _event = blocking ? new ManualResetEventSlim() : null;
    }

    /// <summary>Next in the group's list, the admission queue or the free list: in one at most.</summary>
    internal AppendWaiter? Next { get; set; }

    internal WaiterState State { get; set; }

    /// <summary>First sequence; valid once admitted.</summary>
    internal long Sequence { get; set; }

    /// <summary>Records of the append.</summary>
    internal int Count { get; private set; }

    /// <summary>Encoded bytes of the append.</summary>
    internal long Size { get; private set; }

    /// <summary>Payload bytes of the append.</summary>
    internal int PayloadBytes { get; private set; }

    internal Durability Durability { get; private set; }

    /// <summary>The caller's bytes while queued; empty for a batch and for a blocked thread.</summary>
    internal ReadOnlyMemory<byte> Payload { get; set; }

    /// <summary>The caller's batch; null for a single record.</summary>
    internal LogBatch? Batch { get; set; }

    /// <summary>What is decided when the group is sealed; null for what is simply written.</summary>
    internal LateBatch? Late { get; set; }

    internal bool IsBlocking => _event is not null;

    /// <summary>It cannot be cancelled and belongs to no thread.</summary>
    internal bool IsPooled => _home is not null;

    internal bool IsOf(WaiterPool pool) => ReferenceEquals(_home, pool);

    /// <summary>Whether <see cref="Block"/> would return at once.</summary>
    internal bool IsSignalled => _event!.IsSet;

    /// <summary>Names this use of it to its caller.</summary>
    internal short Token => _await.Token;

    internal bool IsDelivered => Volatile.Read(ref _delivered);

    internal static AppendWaiter ForPool(WaiterPool home) => new(home, blocking: false);

    internal static AppendWaiter ForCancellation() => new(home: null, blocking: false);

    internal static AppendWaiter ForThread() => new(home: null, blocking: true);

    /// <summary>Makes an idle waiter stand for an append.</summary>
    internal void Prepare(int count, long size, int payloadBytes, Durability durability)
    {
        Count = count;
        Size = size;
        PayloadBytes = payloadBytes;
        Durability = durability;
        State = WaiterState.Idle;
        _error = null;
        _granted = false;
        _bytesTaken = true;
        _claimed = 0;
        _staysHere = false;
        _event?.Reset();
        Volatile.Write(ref _delivered, false);
    }

    /// <summary>
    /// Its append is committed before its caller goes on: its outcome needs no other thread. Under the gate.
    /// </summary>
    internal void StayHere() => _staysHere = true;

    /// <summary>Says what became of a late batch: no record where it was refused. Commit role.</summary>
    internal void SetJudged(long firstSequence, int count)
    {
        Sequence = firstSequence;
        Count = count;
    }

    /// <summary>Starts to listen for cancellation; the waiter is in its list already.</summary>
    internal void CancelWith(AdmissionLine line, CancellationToken token) =>
        _registration = token.UnsafeRegister(
            static (state, token) =>
            {
                (AdmissionLine line, AppendWaiter waiter) =
                    ((AdmissionLine, AppendWaiter))state!;
                line.Cancel(waiter, token);
            },
            (line, this));

    /// <summary>Delivers the outcome, unless one has been delivered. Never under a lock.</summary>
    internal void Complete(Exception? error, IScheduler scheduler)
    {
        // One that cannot be cancelled is in one list only, and whoever took that completes it.
        if (_home is null && Interlocked.Exchange(ref _claimed, 1) != 0)
        {
            return;
        }

        _error = error;
        ReleaseBatch();
        Volatile.Write(ref _delivered, true);
        if (_event is not null)
        {
            _event.Set();
            return;
        }

        if (_staysHere)
        {
            _await.SetComplete();
            return;
        }

        scheduler.Queue(this);
    }

    /// <summary>Copies the caller's bytes to the place it was admitted to.</summary>
    internal void FillFrom(Reservation place)
    {
        if (Batch is not null)
        {
            place.Group.Fill(place, Batch);
        }
        else
        {
            place.Group.Fill(place, Payload.Span);
        }

        Volatile.Write(ref _bytesTaken, true);
        place.Group.CountCopied();
    }

    /// <summary>
    /// Delivers the success of a pooled waiter, and with it that of all behind it in its list: the
    /// thread that runs this one queues the others first.
    /// </summary>
    internal void CompleteWithRest(IScheduler scheduler)
    {
        _restScheduler = scheduler;
        ReleaseBatch();
        Volatile.Write(ref _delivered, true);
        scheduler.Queue(this);
    }

    /// <summary>
    /// Waits until nobody reads the caller's bytes any more. An append that was admitted from the
    /// line is copied by another thread, at once but not in the same instant.
    /// </summary>
    internal void WaitBytesTaken()
    {
        SpinWait spin = default;
        while (!Volatile.Read(ref _bytesTaken))
        {
            spin.SpinOnce(sleep1Threshold: -1);
        }
    }

    /// <summary>The caller's bytes will be read by another thread.</summary>
    internal void LendBytes() => _bytesTaken = false;

    /// <summary>Hands a blocked thread the place that it must copy its bytes to. Under the gate.</summary>
    internal void Grant_NeedsLock(Reservation place)
    {
        _grant = place;
        Volatile.Write(ref _granted, true);
        _event!.Set();
    }

    /// <summary>Blocks until a grant or the completion; may wake for neither.</summary>
    internal void Block()
    {
        try
        {
            _event!.Wait();
        }
        catch (ThreadInterruptedException)
        {
            // The append cannot be given up: its place waits for this thread's copy.
            _interrupted = true;
        }

        // Reset before the flags are looked at: whoever sets one of them signals after it.
        _event!.Reset();
    }

    /// <summary>The place to copy to, once, for the blocked thread itself.</summary>
    internal bool TryTakeGrant(out Reservation place)
    {
        bool granted = Volatile.Read(ref _granted);
        place = granted ? _grant : default;
        _granted = false;
        _grant = default;
        return granted;
    }

    /// <summary>Outcome of a blocked thread's append.</summary>
    internal long TakeBlockedResult()
    {
        if (_interrupted)
        {
            _interrupted = false;
            Thread.CurrentThread.Interrupt();
        }

        Exception? error = _error;
        return error is null ? Sequence : throw error;
    }

    void IThreadPoolWorkItem.Execute()
    {
        if (_restScheduler is { } scheduler)
        {
            _restScheduler = null;
            AppendWaiter? rest = Next;
            Next = null;
            Completions.CompleteRest(rest, scheduler);
        }

        _await.SetComplete();
    }

    ValueTaskSourceStatus IValueTaskSource<long>.GetStatus(short token) => StatusOf(token);

    ValueTaskSourceStatus IValueTaskSource<SequenceRange>.GetStatus(short token) =>
        StatusOf(token);

    void IValueTaskSource<long>.OnCompleted(
        Action<object?> continuation,
        object? state,
        short token,
        ValueTaskSourceOnCompletedFlags flags) =>
        _await.OnCompleted(continuation, state, token, flags);

    void IValueTaskSource<SequenceRange>.OnCompleted(
        Action<object?> continuation,
        object? state,
        short token,
        ValueTaskSourceOnCompletedFlags flags) =>
        _await.OnCompleted(continuation, state, token, flags);

    long IValueTaskSource<long>.GetResult(short token) => TakeResult(token).First;

    SequenceRange IValueTaskSource<SequenceRange>.GetResult(short token) => TakeResult(token);

    /// <summary>Nobody reads the caller's batch any more. One of the engine's own stays as it is.</summary>
    private void ReleaseBatch()
    {
        if (Late is null)
        {
            Batch?.EndAppend();
        }
    }

    private ValueTaskSourceStatus StatusOf(short token) => _await.StatusOf(token, _error);

    private SequenceRange TakeResult(short token)
    {
        // Whoever asks too early, twice or too late ends here, and the waiter stays as it is: what
        // was asked of too early still stands in a group, so nobody else may have it.
        _await.Take(token);
        Exception? error = _error;
        SequenceRange range = new(Sequence, Sequence + Count - 1);

        // Here and not at the delivery: the result is taken after the registration was made.
        _registration.Unregister();
        if (_home is not null)
        {
            Payload = default;
            Batch = null;
            Late = null;
            _error = null;
            if (!_await.IsWornOut)
            {
                _home.Return(this);
            }
        }

        if (error is not null)
        {
            ExceptionDispatchInfo.Throw(error);
        }

        return range;
    }
}
