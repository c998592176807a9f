namespace LogEngine.Log;

/// <summary>Free waiters of one log. As many exist as appends were ever in flight at once.</summary>
/// <remarks>
/// A thread that took a result keeps the waiter for its next append, which mostly follows at once;
/// so the list is rarely touched. Taking from it is done under the commit queue's gate, by one thread at a time; giving back by anybody. With a
/// single taker a node cannot leave the list and come back during a take, so a compare-and-swap on
/// the head is enough.
/// </remarks>
internal sealed class WaiterPool
{
    /// <summary>The waiter that this thread gave back last; of whatever log.</summary>
    [ThreadStatic]
    private static AppendWaiter? _ownOfThread;

    private AppendWaiter? _head;

    /// <summary>The waiter that this thread has kept, if it is of this log.</summary>
    internal AppendWaiter? TryRentOwn()
    {
        AppendWaiter? own = _ownOfThread;
        if (own is null || !own.IsOf(this))
        {
            return null;
        }

        _ownOfThread = null;
        return own;
    }

    /// <summary>Takes a free waiter, or makes one. Under the gate.</summary>
    internal AppendWaiter Rent_NeedsLock()
    {
        while (true)
        {
            AppendWaiter? head = Volatile.Read(ref _head);
            if (head is null)
            {
                return AppendWaiter.ForPool(this);
            }

            if (Interlocked.CompareExchange(ref _head, head.Next, head) == head)
            {
                head.Next = null;
                return head;
            }
        }
    }

    /// <summary>Gives a waiter back; nobody may hold it any more.</summary>
    internal void Return(AppendWaiter waiter)
    {
        if (_ownOfThread is null)
        {
            _ownOfThread = waiter;
            return;
        }

        Push(waiter);
    }

    private void Push(AppendWaiter waiter)
    {
        AppendWaiter? head;
        do
        {
            head = Volatile.Read(ref _head);
            waiter.Next = head;
        }
        while (Interlocked.CompareExchange(ref _head, waiter, head) != head);
    }
}
