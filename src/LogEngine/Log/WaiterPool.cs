namespace LogEngine.Log;

/// <summary>Free waiters of one log. As many exist as appends were ever in flight at once.</summary>
/// <remarks>
/// Taking is done under the commit queue's gate, by one thread at a time; giving back by anybody. With a
/// single taker a node cannot leave the list and come back during a take, so a compare-and-swap on
/// the head is enough.
/// </remarks>
internal sealed class WaiterPool
{
    private AppendWaiter? _head;

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
        AppendWaiter? head;
        do
        {
            head = Volatile.Read(ref _head);
            waiter.Next = head;
        }
        while (Interlocked.CompareExchange(ref _head, waiter, head) != head);
    }
}
