using LogEngine.Format;

namespace LogEngine.Log;

/// <summary>
/// The producers' side: a place in the open group under the gate, a copy and a checksum outside it,
/// then the wait for the commit. Where there is no room, a place in line.
/// </summary>
internal sealed class Appender
{
    /// <summary>The waiter of a blocked thread: a thread blocks on one append at a time.</summary>
    [ThreadStatic]
    private static AppendWaiter? _threadWaiter;

    private readonly CommitQueue _queue;
    private readonly Committer _committer;
    private readonly AdmissionLine _line;
    private readonly IScheduler _scheduler;

    internal Appender(
        CommitQueue queue, Committer committer, AdmissionLine line, IScheduler scheduler)
    {
        _queue = queue;
        _committer = committer;
        _line = line;
        _scheduler = scheduler;
    }

    /// <summary>Appends one record; never does I/O on the calling thread.</summary>
    internal ValueTask<long> AppendAsync(
        in RecordParts payload, Durability durability, CancellationToken token)
    {
        int length = payload.Length;
        int size = RecordHeader.EncodedLength(length);
        if (token.IsCancellationRequested)
        {
            return ValueTask.FromException<long>(new AppendCanceledException(false, token));
        }

        // The owner's code, if the memory has one, runs before anything is reserved.
        PartSpans bytes = payload.Spans;
        AppendWaiter? waiter = durability == Durability.None ? null : WaiterOf(token);
        waiter?.Prepare(1, size, length, durability);
        Reservation place = default;
        CommitThread? wake;
        lock (_queue.Gate)
        {
            if (_queue.Refusal_NeedsLock() is { } refusal)
            {
                return ValueTask.FromException<long>(refusal);
            }

            if (waiter is null && durability != Durability.None)
            {
                waiter = _queue.Waiters.Rent_NeedsLock();
                waiter.Prepare(1, size, length, durability);
            }

            if (!_queue.Waiting.IsEmpty
                || !_queue.TryReserve_NeedsLock(size, 1, length, durability, out place))
            {
                wake = null;
            }
            else
            {
                AdmissionLine.Admit_NeedsLock(waiter, place);
                wake = _queue.TakeParked_NeedsLock();
            }
        }

        if (place.Group is null)
        {
            return AppendInLineAsync(waiter, in payload, size, durability, token);
        }

        // Read while the waiter is surely ours: after the copy it may be completed at any moment.
        short use = waiter?.Token ?? 0;
        place.Group.Fill(place, in bytes);
        place.Group.CountCopied();
        wake?.Wake();

        if (waiter is null)
        {
            return new ValueTask<long>(place.Sequence);
        }

        if (token.CanBeCanceled)
        {
            waiter.CancelWith(_line, token);
        }

        return new ValueTask<long>(waiter, use);
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
        long size = EncodedLength(batch);

        AppendWaiter waiter;
        short use;
        Reservation place = default;
        CommitThread? wake;
        lock (_queue.Gate)
        {
            if (_queue.Refusal_NeedsLock() is { } refusal)
            {
                batch.EndAppend();
                return ValueTask.FromException<SequenceRange>(refusal);
            }

            waiter = Waiter_NeedsLock(token);
            use = waiter.Token;
            waiter.Prepare(batch.Count, size, batch.PayloadBytes, durability);
            waiter.Batch = batch;
            if (!_queue.Waiting.IsEmpty
                || !_queue.TryReserve_NeedsLock(
                    size, batch.Count, batch.PayloadBytes, durability, out place))
            {
                _line.StandInLine_NeedsLock(waiter);
                wake = _queue.TakeParked_NeedsLock();
            }
            else
            {
                AdmissionLine.Admit_NeedsLock(waiter, place);
                wake = _queue.TakeParked_NeedsLock();
            }
        }

        if (place.Group is not null)
        {
            place.Group.Fill(place, batch);
            place.Group.CountCopied();
            if (durability == Durability.None)
            {
                waiter.Complete(null, _scheduler);
            }
        }

        wake?.Wake();

        if (token.CanBeCanceled)
        {
            waiter.CancelWith(_line, token);
        }

        return new ValueTask<SequenceRange>(waiter, use);
    }

    /// <summary>
    /// Appends what is decided about when its group is sealed; the range is empty where it was
    /// refused. Completes as a batch does, a refusal once what it was judged against is as durable
    /// as was asked for.
    /// </summary>
    internal ValueTask<SequenceRange> AppendLateAsync(
        LateBatch late, Durability durability, CancellationToken token)
    {
        LogBatch records = late.Records;
        long size = EncodedLength(records);
        if (token.IsCancellationRequested)
        {
            return ValueTask.FromException<SequenceRange>(
                new AppendCanceledException(false, token));
        }

        AppendWaiter waiter;
        short use;
        CommitThread? wake;
        lock (_queue.Gate)
        {
            if (_queue.Refusal_NeedsLock() is { } refusal)
            {
                return ValueTask.FromException<SequenceRange>(refusal);
            }

            waiter = Waiter_NeedsLock(token);
            use = waiter.Token;
            waiter.Prepare(records.Count, size, records.PayloadBytes, durability);
            waiter.Batch = records;
            waiter.Late = late;
            if (!_queue.Waiting.IsEmpty
                || !_queue.TryReserveLate_NeedsLock(waiter, firstInLine: false))
            {
                _line.StandInLine_NeedsLock(waiter);
            }

            wake = _queue.TakeParked_NeedsLock();
        }

        wake?.Wake();

        if (token.CanBeCanceled)
        {
            waiter.CancelWith(_line, token);
        }

        return new ValueTask<SequenceRange>(waiter, use);
    }

    /// <summary>Appends without waiting for anything; false where there is no room now.</summary>
    internal bool TryAppend(ReadOnlySpan<byte> payload, out long sequence)
    {
        int size = RecordHeader.EncodedLength(payload.Length);
        if (_queue.IsOversize(size))
        {
            throw new RecordTooLargeException(
                "TryAppend payload in bytes (Append takes larger ones)",
                payload.Length,
                _queue.Chain.GroupCap - GroupHeader.Size - RecordHeader.Size);
        }

        Reservation place = default;
        CommitThread? wake;
        lock (_queue.Gate)
        {
            if (_queue.Refusal_NeedsLock() is { } refusal)
            {
                throw refusal;
            }

            if (!_queue.Waiting.IsEmpty
                || !_queue.TryReserve_NeedsLock(
                    size, 1, payload.Length, Durability.None, out place))
            {
                sequence = 0;
                return false;
            }

            wake = _queue.TakeParked_NeedsLock();
        }

        place.Group.Fill(place, payload);
        place.Group.CountCopied();
        wake?.Wake();

        sequence = place.Sequence;
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
        int size = RecordHeader.EncodedLength(payload.Length);
        AppendWaiter waiter = _threadWaiter ??= AppendWaiter.ForThread();
        Reservation place = default;
        Group? own = null;
        CommitThread? wake = null;
        lock (_queue.Gate)
        {
            if (_queue.Refusal_NeedsLock() is { } refusal)
            {
                throw refusal;
            }

            waiter.Prepare(1, size, payload.Length, durability);
            bool idle = _queue.IsIdle_NeedsLock;
            if (!_queue.Waiting.IsEmpty
                || !_queue.TryReserve_NeedsLock(size, 1, payload.Length, durability, out place))
            {
                _line.StandInLine_NeedsLock(waiter);
                wake = _queue.TakeParked_NeedsLock();
            }
            else if (idle && durability != Durability.None)
            {
                _queue.IsCommitting = true;
                own = _queue.Seal_NeedsLock();
            }
            else
            {
                AdmissionLine.Admit_NeedsLock(durability == Durability.None ? null : waiter, place);
                wake = _queue.TakeParked_NeedsLock();
            }
        }

        if (place.Group is not null)
        {
            place.Group.Fill(place, in payload);
            place.Group.CountCopied();
        }

        if (own is not null)
        {
            _committer.CommitOnThisThread(own);
            return place.Sequence;
        }

        wake?.Wake();

        return place.Group is not null && durability == Durability.None
            ? place.Sequence
            : WaitBlocked(waiter, in payload);
    }

    /// <summary>The slow path of an append: no room now, or others are in line already.</summary>
    private ValueTask<long> AppendInLineAsync(
        AppendWaiter? waiter,
        in RecordParts payload,
        int size,
        Durability durability,
        CancellationToken token)
    {
        // Once in line the bytes are read by another thread, where an owner's code may not run.
        ReadOnlyMemory<byte> plain = payload.Flatten();
        short use;
        CommitThread? wake;
        lock (_queue.Gate)
        {
            if (_queue.Refusal_NeedsLock() is { } refusal)
            {
                return ValueTask.FromException<long>(refusal);
            }

            waiter ??= Waiter_NeedsLock(token);
            use = waiter.Token;
            waiter.Prepare(1, size, plain.Length, durability);
            waiter.Payload = plain;
            _line.StandInLine_NeedsLock(waiter);
            wake = _queue.TakeParked_NeedsLock();
        }

        wake?.Wake();

        // Room may have been made between the two looks under the gate.
        _line.AdmitNext();
        if (token.CanBeCanceled)
        {
            waiter.CancelWith(_line, token);
        }

        return new ValueTask<long>(waiter, use);
    }

    private static long EncodedLength(LogBatch batch)
    {
        long size = 0;
        for (int i = 0; i < batch.Count; i++)
        {
            size += RecordHeader.EncodedLength(batch.Payload(i).Length);
        }

        return size;
    }

    private long WaitBlocked(AppendWaiter waiter, scoped in PartSpans payload)
    {
        while (true)
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

            if (waiter.IsDelivered)
            {
                return waiter.TakeBlockedResult();
            }
        }
    }

    /// <summary>A waiter that needs no gate; null where the pool must be asked under it.</summary>
    private AppendWaiter? WaiterOf(CancellationToken token) => token.CanBeCanceled
        ? AppendWaiter.ForCancellation()
        : _queue.Waiters.TryRentOwn();

    private AppendWaiter Waiter_NeedsLock(CancellationToken token) => token.CanBeCanceled
        ? AppendWaiter.ForCancellation()
        : _queue.Waiters.Rent_NeedsLock();
}
