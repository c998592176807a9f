using System.Diagnostics;
using LogEngine.Format;

namespace LogEngine.Log;

/// <summary>
/// The producers' side: a place in the open group under the gate, a copy and a checksum outside it,
/// then the wait for the commit. Where there is no room, a place in line.
/// </summary>
internal sealed class Appender
{
    /// <summary>
    /// How long a blocked thread stays awake for a commit that takes no longer than a copy: putting it to
    /// sleep and waking it takes longer.
    /// </summary>
    private static readonly TimeSpan LongestSpin = TimeSpan.FromMicroseconds(20);

    /// <summary>The waiter of a blocked thread: a thread blocks on one append at a time.</summary>
    [ThreadStatic]
    private static AppendWaiter? _threadWaiter;

    private readonly CommitQueue _queue;
    private readonly CommitRole _role;
    private readonly Committer _committer;
    private readonly CommitThreads _threads;
    private readonly AdmissionLine _line;
    private readonly Gathering _gathering;
    private readonly IScheduler _scheduler;

    internal Appender(CommitParts parts, CommitRole role, Committer committer)
    {
        _queue = parts.Queue;
        _threads = parts.Threads;
        _line = parts.Line;
        _gathering = parts.Gathering;
        _scheduler = parts.Scheduler;
        _role = role;
        _committer = committer;
    }

    /// <summary>Who may commit what is admitted.</summary>
    private enum Hands
    {
        /// <summary>The committer's threads.</summary>
        Committer,

        /// <summary>The caller, where nothing is on its way and it takes no longer than a copy.</summary>
        CallerIfCheap,

        /// <summary>The caller, where nothing is on its way.</summary>
        Caller,
    }

    /// <summary>
    /// Appends one record. The calling thread waits for no device: what is acknowledged from the page
    /// cache may be copied there by it, all else is another thread's.
    /// </summary>
    internal ValueTask<long> AppendAsync(
        in RecordParts payload, Durability durability, CancellationToken token)
    {
        if (token.IsCancellationRequested)
        {
            return ValueTask.FromException<long>(new AppendCanceledException(false, token));
        }

        // The owner's code, if the memory has one, runs before anything is reserved.
        PartSpans bytes = payload.Spans;
        Offer offer = new(payload.Length, durability);
        AppendWaiter? own = offer.Waits ? RentOwn(token) : null;
        Hands hands = OfCaller(durability);
        Admission at = Admit(offer, own, hands, standsInLine: false, token);
        if (at is { Refusal: null, Place.Group: null })
        {
            // Once in line the bytes are read by another thread, where an owner's code may not run.
            offer = offer with { Payload = payload.Flatten(), Waits = true };
            at = Admit(offer, at.Waiter, hands, standsInLine: true, token);
        }

        if (at.Refusal is not null)
        {
            return ValueTask.FromException<long>(at.Refusal);
        }

        if (at.Place.Group is { } group)
        {
            group.Fill(at.Place, in bytes);
            group.CountCopied();
            if (durability == Durability.None)
            {
                // Also where it was about to stand in line, and there was room after all.
                at.Wake?.Wake();
                return new ValueTask<long>(at.Place.Sequence);
            }
        }

        Follow(at, token);
        return at.Waiter is null
            ? new ValueTask<long>(at.Place.Sequence)
            : new ValueTask<long>(at.Waiter, at.Use);
    }

    /// <summary>Appends a batch: all of it in one group.</summary>
    internal ValueTask<SequenceRange> AppendBatchAsync(
        LogBatch batch, Durability durability, CancellationToken token)
    {
        if (token.IsCancellationRequested)
        {
            return ValueTask.FromException<SequenceRange>(
                new AppendCanceledException(false, token));
        }

        // Until the waiter is complete; from here on nothing of the batch changes.
        batch.BeginAppend();
        Admission at = Admit(
            new Offer(batch, durability), null, OfCaller(durability), standsInLine: true, token);
        if (at.Refusal is not null)
        {
            batch.EndAppend();
            return ValueTask.FromException<SequenceRange>(at.Refusal);
        }

        if (at.Place.Group is { } group)
        {
            group.Fill(at.Place, batch);
            group.CountCopied();
            if (durability == Durability.None)
            {
                at.Waiter!.Complete(null, _scheduler);
            }
        }

        Follow(at, token);
        return new ValueTask<SequenceRange>(at.Waiter!, at.Use);
    }

    /// <summary>
    /// Appends what is decided about when its group is sealed; the range is empty where it was
    /// refused. Completes as a batch does, a refusal once what it was judged against is as durable
    /// as was asked for.
    /// </summary>
    internal ValueTask<SequenceRange> AppendLateAsync(
        LateBatch late, Durability durability, CancellationToken token)
    {
        if (token.IsCancellationRequested)
        {
            return ValueTask.FromException<SequenceRange>(
                new AppendCanceledException(false, token));
        }

        Admission at = Admit(
            new Offer(late, durability), null, Hands.CallerIfCheap, standsInLine: true, token);
        if (at.Refusal is not null)
        {
            return ValueTask.FromException<SequenceRange>(at.Refusal);
        }

        Follow(at, token);
        return new ValueTask<SequenceRange>(at.Waiter!, at.Use);
    }

    /// <summary>Appends without waiting for anything; false where there is no room now.</summary>
    internal bool TryAppend(ReadOnlySpan<byte> payload, out long sequence)
    {
        Offer offer = new(payload.Length, Durability.None);
        if (_queue.IsOversize(offer.Size))
        {
            throw new RecordTooLargeException(
                "TryAppend payload in bytes (Append takes larger ones)",
                payload.Length,
                _queue.Chain.GroupCap - GroupHeader.Size - RecordHeader.Size);
        }

        Admission at = Admit(offer, null, Hands.Committer, standsInLine: false, default);
        if (at.Refusal is not null)
        {
            throw at.Refusal;
        }

        sequence = at.Place.Sequence;
        if (at.Place.Group is not { } group)
        {
            return false;
        }

        group.Fill(at.Place, payload);
        group.CountCopied();
        at.Wake?.Wake();
        return true;
    }

    internal long Append(ReadOnlySpan<byte> payload, Durability durability) =>
        Append(new PartSpans(payload), durability);

    /// <summary>
    /// Appends and blocks. Where nothing is on its way the calling thread commits its own group
    /// itself, which saves two switches between threads.
    /// </summary>
    internal long Append(scoped in PartSpans payload, Durability durability)
    {
        Offer offer = new(payload.Length, durability) { Waits = true };
        AppendWaiter waiter = _threadWaiter ??= AppendWaiter.ForThread();
        Hands hands = durability == Durability.None ? Hands.Committer : Hands.Caller;
        Admission at = Admit(offer, waiter, hands, standsInLine: true, default);
        if (at.Refusal is not null)
        {
            throw at.Refusal;
        }

        if (at.Place.Group is { } group)
        {
            group.Fill(at.Place, in payload);
            group.CountCopied();
        }

        Follow(at, default);
        if (at.Place.Group is not null)
        {
            if (durability == Durability.None)
            {
                return at.Place.Sequence;
            }

            if (durability == Durability.ProcessCrash && at.Own is null)
            {
                Help(waiter);
            }
        }

        return WaitBlocked(waiter, in payload);
    }

    /// <summary>
    /// An append at the gate: refused, given a place, left in line, or, where it may not stand there,
    /// sent away without either.
    /// </summary>
    /// <param name="offer">What is appended.</param>
    /// <param name="waiter">Who waits for it, if he is at hand already.</param>
    /// <param name="hands">Who may commit it.</param>
    /// <param name="standsInLine">Whether it waits where there is no room.</param>
    /// <param name="token">What makes a waiter one that can be cancelled.</param>
    private Admission Admit(
        in Offer offer, AppendWaiter? waiter, Hands hands, bool standsInLine, CancellationToken token)
    {
        Admission at = default;
        lock (_queue.Gate)
        {
            _queue.AssertInvariants_NeedsLock();
            if (_queue.Refusal_NeedsLock() is { } refusal)
            {
                at.Refusal = refusal;
                return at;
            }

            if (offer.Waits)
            {
                at.Waiter = waiter ?? Rent_NeedsLock(token);
                at.Use = at.Waiter.Token;
                at.Waiter.Prepare(offer.Records, offer.Size, offer.PayloadBytes, offer.Durability);
                at.Waiter.Payload = offer.Payload;
                at.Waiter.Batch = offer.Batch;
                at.Waiter.Late = offer.Late;
            }

            bool idle = hands != Hands.Committer && _queue.IsIdle_NeedsLock;
            if (_queue.Waiting.IsEmpty && TryReserve_NeedsLock(offer, ref at))
            {
                if (idle
                    && (hands == Hands.Caller
                        || (_role.IsCheap_NeedsLock() && _gathering.IsAlone_NeedsLock())))
                {
                    at.Waiter?.StayHere();
                    at.Own = _role.Take_NeedsLock();
                    return at;
                }
            }
            else if (standsInLine)
            {
                _line.StandInLine_NeedsLock(at.Waiter!);
            }
            else
            {
                return at;
            }

            at.Wake = _threads.TakeParked_NeedsLock();
        }

        return at;
    }

    private bool TryReserve_NeedsLock(in Offer offer, ref Admission at)
    {
        if (offer.Late is not null)
        {
            return _queue.TryReserveLate_NeedsLock(at.Waiter!, firstInLine: false);
        }

        if (!_queue.TryReserve_NeedsLock(
            offer.Size, offer.Records, offer.PayloadBytes, offer.Durability, out at.Place))
        {
            return false;
        }

        AdmissionLine.Admit_NeedsLock(at.Waiter, at.Place);
        return true;
    }

    /// <summary>Whoever waits for nothing but his place commits nothing either.</summary>
    private static Hands OfCaller(Durability durability) =>
        durability == Durability.None ? Hands.Committer : Hands.CallerIfCheap;

    /// <summary>What an admission left to do: commits, or wakes who does.</summary>
    private void Follow(in Admission at, CancellationToken token)
    {
        if (at.Own is not null)
        {
            _committer.CommitHere(at.Own);
            return;
        }

        at.Wake?.Wake();
        if (token.CanBeCanceled)
        {
            at.Waiter?.CancelWith(_line, token);
        }
    }

    /// <summary>
    /// Waits a little for a commit that takes no longer than a copy; does the next one itself if nobody is
    /// at it.
    /// </summary>
    private void Help(AppendWaiter waiter)
    {
        if (!_scheduler.IsConcurrent || _gathering.IsCrowded)
        {
            return;
        }

        _queue.CountHelper(1);
        long begun = Stopwatch.GetTimestamp();
        while (!waiter.IsDelivered && Stopwatch.GetElapsedTime(begun) < LongestSpin)
        {
            if (!_queue.IsCommitting && _role.TryTakeCheap() is { } group)
            {
                _committer.CommitHere(group);
            }
            else
            {
                Thread.SpinWait(16);
            }
        }

        if (_queue.CountHelper(-1) == 0)
        {
            // Nobody has been woken as long as somebody was here.
            _role.PassOn();
        }
    }

    private long WaitBlocked(AppendWaiter waiter, scoped in PartSpans payload)
    {
        while (!waiter.IsDelivered)
        {
            _scheduler.Block(waiter);
            if (waiter.TryTakeGrant(out Reservation place))
            {
                place.Group.Fill(place, in payload);
                place.Group.CountCopied();
                if (waiter.Durability == Durability.None)
                {
                    return place.Sequence;
                }
            }
        }

        return waiter.TakeBlockedResult();
    }

    /// <summary>A waiter that needs no gate; null where the pool must be asked under it.</summary>
    private AppendWaiter? RentOwn(CancellationToken token) => token.CanBeCanceled
        ? AppendWaiter.ForCancellation()
        : _queue.Waiters.TryRentOwn();

    private AppendWaiter Rent_NeedsLock(CancellationToken token) => token.CanBeCanceled
        ? AppendWaiter.ForCancellation()
        : _queue.Waiters.Rent_NeedsLock();

    /// <summary>What an append asks for.</summary>
    private readonly record struct Offer
    {
        internal Offer(int payloadBytes, Durability durability)
        {
            Size = RecordHeader.EncodedLength(payloadBytes);
            Records = 1;
            PayloadBytes = payloadBytes;
            Durability = durability;
            Waits = durability != Durability.None;
        }

        internal Offer(LogBatch batch, Durability durability)
        {
            for (int i = 0; i < batch.Count; i++)
            {
                Size += RecordHeader.EncodedLength(batch.Payload(i).Length);
            }

            Records = batch.Count;
            PayloadBytes = batch.PayloadBytes;
            Durability = durability;
            Batch = batch;
            Waits = true;
        }

        internal Offer(LateBatch late, Durability durability)
            : this(late.Records, durability) => Late = late;

        /// <summary>Encoded bytes.</summary>
        internal long Size { get; }

        internal int Records { get; }

        internal int PayloadBytes { get; }

        internal Durability Durability { get; }

        /// <summary>Whether somebody waits for more than its place.</summary>
        internal bool Waits { get; init; }

        /// <summary>The bytes of one record, for whoever copies them when its turn comes.</summary>
        internal ReadOnlyMemory<byte> Payload { get; init; }

        internal LogBatch? Batch { get; }

        internal LateBatch? Late { get; }
    }

    /// <summary>What became of an append at the gate.</summary>
    private struct Admission
    {
        /// <summary>Why the log takes nothing.</summary>
        internal Exception? Refusal;

        /// <summary>Who waits for it; null where nobody does.</summary>
        internal AppendWaiter? Waiter;

        /// <summary>Names this use of the waiter: read while it is surely the caller's.</summary>
        internal short Use;

        /// <summary>Where its bytes go; no group for what stands in line or is decided late.</summary>
        internal Reservation Place;

        /// <summary>Its group, sealed, for the caller to commit, who has the commit role.</summary>
        internal Group? Own;

        /// <summary>Who must be woken for it.</summary>
        internal CommitThread? Wake;
    }
}
