namespace LogEngine.Stores.Queues;

/// <summary>The leases of a queue since it was opened: by number, and by expiry.</summary>
/// <param name="open">A random number of this open: tokens of another one are no tokens here.</param>
/// <remarks>Guarded by the queue's lock.</remarks>
internal sealed class LeaseTable(long open)
{
    private readonly Dictionary<long, Lease> _byNumber = [];
    private Tally _held;
    private long _last;

    /// <summary>Active leases, the next to expire first.</summary>
    internal LeaseHeap Expiries { get; } = new();

    /// <summary>Messages that are leased, or on their way to or from a lease.</summary>
    internal Tally Held => _held;

    internal IEnumerable<Lease> All => _byNumber.Values;

    /// <summary>Begins a lease that is not active yet.</summary>
    internal Lease Begin(
        in QueueEntry entry, LeaseState state, QueueUser owner, bool isCountedFirst)
    {
        Lease lease = new(++_last, entry, owner)
        {
            State = state,
            IsCountedFirst = isCountedFirst,
        };
        owner.Begin();
        _held.Add(entry.Size);
        _byNumber.Add(lease.Number, lease);
        return lease;
    }

    /// <summary>From now on the lease runs, and can expire.</summary>
    internal LeaseToken Activate(Lease lease)
    {
        SetState(lease, LeaseState.Active);
        Expiries.Add(lease);
        return TokenOf(lease);
    }

    internal LeaseToken TokenOf(Lease lease) => new(open, lease.Number);

    /// <summary>From now on the lease cannot expire.</summary>
    internal void BeginSettling(Lease lease, QueueUser user)
    {
        Expiries.Remove(lease);
        lease.Mover = user;
        SetState(lease, LeaseState.Settling);
    }

    /// <summary>The lease expires at another time.</summary>
    internal void Renew(Lease lease, long expiresAt)
    {
        Expiries.Remove(lease);
        lease.ExpiresAt = expiresAt;
        Expiries.Add(lease);
    }

    /// <summary>Ends a lease; false where it has ended before.</summary>
    internal bool TryEnd(Lease lease)
    {
        if (lease.State == LeaseState.Ended)
        {
            return false;
        }

        Expiries.Remove(lease);
        _byNumber.Remove(lease.Number);
        _held.Remove(lease.Entry.Size);
        SetState(lease, LeaseState.Ended);
        return true;
    }

    /// <summary>The active lease that a token names; null where there is none.</summary>
    internal Lease? Find(LeaseToken token) =>
        token.Open == open
        && _byNumber.TryGetValue(token.Number, out Lease? lease)
        && lease.State == LeaseState.Active
            ? lease
            : null;

    /// <summary>Whether what ends a lease is on its way.</summary>
    internal bool IsSettling(LeaseToken token) =>
        token.Open == open
        && _byNumber.TryGetValue(token.Number, out Lease? lease)
        && lease.State == LeaseState.Settling;

    private static bool IsMoving(LeaseState state) =>
        state is LeaseState.Delivering or LeaseState.Settling;

    private static void SetState(Lease lease, LeaseState state)
    {
        bool moved = IsMoving(lease.State);
        lease.State = state;
        if (IsMoving(state) && !moved)
        {
            lease.Mover.Begin();
        }
        else if (moved && !IsMoving(state))
        {
            lease.Mover.End();
        }
    }
}
