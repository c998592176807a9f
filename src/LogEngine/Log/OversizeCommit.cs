using LogEngine.Format;

namespace LogEngine.Log;

/// <summary>
/// Places a batch that is larger than a group may be: in a group of its own, in a segment of its own
/// size. Commit role only.
/// </summary>
internal sealed class OversizeCommit
{
    private readonly CommitQueue _queue;
    private readonly Preparer _preparer;
    private readonly IScheduler _scheduler;
    private readonly LogFault _fault;

    internal OversizeCommit(
        CommitQueue queue, Preparer preparer, IScheduler scheduler, LogFault fault)
    {
        _queue = queue;
        _preparer = preparer;
        _scheduler = scheduler;
        _fault = fault;
    }

    /// <summary>
    /// Gives the first in line its group, sealed and filled, to be committed and disposed by the
    /// caller; null where it was refused, withdrawn or failed.
    /// </summary>
    internal Group? TryPlace(AppendWaiter waiter)
    {
        int alignment = _queue.Chain.Alignment;
        int length = checked((int)FormatLimits.AlignUp(GroupHeader.Size + waiter.Size, alignment));
        PreparedFile file;
        Group group;
        try
        {
            group = new Group(alignment, length);

            // The header block, the group, and the block kept for a mark or the seal.
            file = _preparer.CreateAlone(length + (2L * alignment));
        }
        catch (SyncFailedException failed)
        {
            _fault.Set(failed.InnerException!);
            return null;
        }
        catch (DirectoryLostException lost)
        {
            _fault.Set(lost);
            return null;
        }
        catch (Exception reason)
        {
            Refuse(waiter, reason);
            return null;
        }

        if (!TryAdmit(waiter, group, file, length, out Reservation place))
        {
            _preparer.Discard(file);
            group.Dispose();
            return null;
        }

        if (!waiter.IsBlocking)
        {
            waiter.FillFrom(place);
        }

        return group;
    }

    private bool TryAdmit(
        AppendWaiter waiter, Group group, PreparedFile file, int length, out Reservation place)
    {
        place = default;
        lock (_queue.Gate)
        {
            if (_queue.FaultCause is not null || waiter.State != WaiterState.Queued)
            {
                return false;
            }

            _queue.Waiting.RemoveFirst();
            ActiveSegment segment = _queue.Chain.PlaceAlone_NeedsLock(file, _queue.NextSequence);
            group.Open(segment, segment.Header.Alignment, _queue.NextSequence, length);
            place = _queue.Take_NeedsLock(
                group, (int)waiter.Size, waiter.Count, waiter.PayloadBytes, waiter.Durability);
            AdmissionLine.Admit_NeedsLock(waiter, place);
            _queue.Chain.Advance_NeedsLock(group);
            if (waiter.IsBlocking)
            {
                waiter.Grant_NeedsLock(place);
            }

            return true;
        }
    }

    private void Refuse(AppendWaiter waiter, Exception reason)
    {
        lock (_queue.Gate)
        {
            if (!ReferenceEquals(_queue.Waiting.First, waiter))
            {
                // Withdrawn, or failed with the log meanwhile.
                return;
            }

            _queue.Waiting.RemoveFirst();
            waiter.State = WaiterState.Withdrawn;
        }

        waiter.Complete(Completions.Refusal(reason), _scheduler);
    }
}
