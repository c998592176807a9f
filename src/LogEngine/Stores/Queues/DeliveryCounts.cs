namespace LogEngine.Stores.Queues;

/// <summary>
/// What the log has yet to be told of deliveries: counts to be written, and counts to be removed because
/// their messages are gone.
/// </summary>
/// <remarks>
/// Guarded by the queue's lock, but for what is being written, which is the writer's until it is done. One
/// write at a time: what comes up meanwhile is in the next one, and a count whose message goes before is
/// never written. Counts are removed many at a time; one that a crash leaves behind has no message any
/// more, and is swept by the next open.
/// </remarks>
internal sealed class DeliveryCounts
{
    private const int ManyGone = 256;

    /// <summary>Deliveries of which nobody has waited for the count, by the ids of their messages.</summary>
    private readonly Dictionary<long, QueueEntry> _owed = [];

    /// <summary>Ids of messages that are gone and may have a count.</summary>
    private List<long> _gone = [];
    private bool _isWriting;
    private bool _isClosing;

    /// <summary>For who waits until what is being written is; null while nobody does.</summary>
    private TaskCompletionSource? _written;

    /// <summary>
    /// Something has been counted since the queue was opened: what counts are kept in is there, so that what is
    /// written next is behind what was written before.
    /// </summary>
    internal bool HaveBegun { get; set; }

    /// <summary>Whether there is something to write, and nothing is being written.</summary>
    internal bool IsDue => !_isWriting
        && (_owed.Count > 0 || _gone.Count >= (_isClosing ? 1 : ManyGone));

    /// <summary>Counts that are being written; the writer's.</summary>
    internal List<QueueEntry> Writing { get; } = [];

    /// <summary>Counts that are being removed; the writer's.</summary>
    internal List<long> Removing { get; private set; } = [];

    /// <summary>A message is with its receiver: where its count is not written yet, it is to be.</summary>
    internal void Delivered(Lease lease)
    {
        if (!lease.IsCountedFirst)
        {
            Owe(lease);
        }
    }

    /// <summary>What ends a message may be on its way: a count that is not written yet waits for that.</summary>
    internal void BeginEnd(Lease lease) => lease.OwesCount = _owed.Remove(lease.Entry.Id);

    /// <summary>The message stays: a count that has waited is to be written.</summary>
    internal void CancelEnd(Lease lease)
    {
        if (lease.OwesCount)
        {
            lease.OwesCount = false;
            Owe(lease);
        }
    }

    /// <summary>The message is gone, and with it what is not written; what is, is to be removed.</summary>
    internal void End(Lease lease)
    {
        bool isUnwritten = _owed.Remove(lease.Entry.Id) || lease.OwesCount;
        if (lease.Entry.Deliveries > (isUnwritten ? 1 : 0))
        {
            _gone.Add(lease.Entry.Id);
        }
    }

    /// <summary>What was written before a sequence has been removed, with its counts.</summary>
    internal void Purge(long version)
    {
        foreach ((long id, QueueEntry entry) in _owed)
        {
            if (entry.Version < version)
            {
                _owed.Remove(id);
            }
        }

        foreach (QueueEntry entry in Writing)
        {
            if (entry.Version < version)
            {
                _gone.Add(entry.Id);
            }
        }
    }

    /// <summary>From now on everything is written and removed, however little it is.</summary>
    internal void Close() => _isClosing = true;

    /// <summary>Begins a write, of counts or of removals; false where none is due.</summary>
    internal bool TryBeginWrite()
    {
        if (!IsDue)
        {
            return false;
        }

        _isWriting = true;
        if (_gone.Count >= ManyGone || _owed.Count == 0)
        {
            (_gone, Removing) = (Removing, _gone);
        }
        else
        {
            Writing.AddRange(_owed.Values);
            _owed.Clear();
        }

        return true;
    }

    /// <summary>The write is done, or has failed; gives whom to tell, outside the lock.</summary>
    internal TaskCompletionSource? EndWrite()
    {
        Writing.Clear();
        Removing.Clear();
        _isWriting = false;
        TaskCompletionSource? written = _written;
        _written = null;
        return written;
    }

    /// <summary>Completes when the count of a message that is being written is; null where none is.</summary>
    internal Task? WhenWritten(long id)
    {
        foreach (QueueEntry entry in Writing)
        {
            if (entry.Id == id)
            {
                return WhenWritten();
            }
        }

        return null;
    }

    /// <summary>Completes when what is being written is; null where nothing is.</summary>
    /// <remarks>In place, outside the lock: no thread of the pool is needed to go on.</remarks>
    internal Task? WhenWritten() =>
        _isWriting ? (_written ??= new TaskCompletionSource()).Task : null;

    private void Owe(Lease lease) => _owed[lease.Entry.Id] = lease.Entry;
}
