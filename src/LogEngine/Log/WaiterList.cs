namespace LogEngine.Log;

/// <summary>A first-in-first-out list through <see cref="AppendWaiter.Next"/>; allocates nothing.</summary>
/// <remarks>Under the gate of its queue, or its group's owner's.</remarks>
internal sealed class WaiterList
{
    private AppendWaiter? _last;

    internal AppendWaiter? First { get; private set; }

    internal bool IsEmpty => First is null;

    internal void Add(AppendWaiter waiter)
    {
        waiter.Next = null;
        if (_last is null)
        {
            First = waiter;
        }
        else
        {
            _last.Next = waiter;
        }

        _last = waiter;
    }

    internal AppendWaiter RemoveFirst()
    {
        AppendWaiter first = First!;
        First = first.Next;
        first.Next = null;
        if (First is null)
        {
            _last = null;
        }

        return first;
    }

    /// <summary>Empties the list and returns its chain.</summary>
    internal AppendWaiter? TakeAll()
    {
        AppendWaiter? first = First;
        First = null;
        _last = null;
        return first;
    }
}
