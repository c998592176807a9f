namespace LogEngine.Stores.Shared;

/// <summary>One who waits for something to take, and the others of his line or of those who are woken.</summary>
/// <param name="on">What is waited on, where that can be closed by itself.</param>
internal sealed class Waiter(object? on)
    : TaskCompletionSource(on, TaskCreationOptions.RunContinuationsAsynchronously)
{
    /// <summary>The next in line; once woken, the next one who is.</summary>
    internal Waiter? Next { get; set; }

    /// <summary>The one before in line.</summary>
    internal Waiter? Previous { get; set; }

    /// <summary>Neither woken nor gone.</summary>
    internal bool IsInLine { get; set; }
}

/// <summary>Those who wait for something to take, the longest waiting first.</summary>
/// <remarks>
/// Guarded by its owner's lock; waking is done outside it. A woken one looks again: a wake is no
/// message, and one too many does no harm.
/// </remarks>
internal sealed class Waiters
{
    private Waiter? _first;
    private Waiter? _last;

    internal int Count { get; private set; }

    /// <param name="on">What is waited on, where that can be closed by itself.</param>
    internal Waiter Add(object? on = null)
    {
        Waiter waiter = new(on) { IsInLine = true, Previous = _last };
        if (_last is null)
        {
            _first = waiter;
        }
        else
        {
            _last.Next = waiter;
        }

        _last = waiter;
        Count++;
        return waiter;
    }

    /// <summary>False where it has been taken out to be woken.</summary>
    internal bool Remove(Waiter waiter)
    {
        if (!waiter.IsInLine)
        {
            return false;
        }

        if (waiter.Previous is null)
        {
            _first = waiter.Next;
        }
        else
        {
            waiter.Previous.Next = waiter.Next;
        }

        if (waiter.Next is null)
        {
            _last = waiter.Previous;
        }
        else
        {
            waiter.Next.Previous = waiter.Previous;
        }

        (waiter.Next, waiter.Previous, waiter.IsInLine) = (null, null, false);
        Count--;
        return true;
    }

    /// <summary>Takes out those to be woken; the first of them, or null for nobody.</summary>
    internal Waiter? Take(long count)
    {
        Waiter? woken = null;
        Waiter? last = null;
        for (; count > 0 && _first is { } first; count--)
        {
            Remove(first);
            Link(ref woken, ref last, first);
        }

        return woken;
    }

    /// <summary>Takes out all who wait on something that is closed.</summary>
    internal Waiter? TakeOf(object on)
    {
        Waiter? woken = null;
        Waiter? last = null;
        for (Waiter? waiter = _first; waiter is not null;)
        {
            Waiter? next = waiter.Next;
            if (waiter.Task.AsyncState == on)
            {
                Remove(waiter);
                Link(ref woken, ref last, waiter);
            }

            waiter = next;
        }

        return woken;
    }

    /// <summary>Wakes those who were taken out. Never under the lock.</summary>
    internal static void Wake(Waiter? woken)
    {
        while (woken is not null)
        {
            Waiter? next = woken.Next;
            woken.Next = null;
            woken.TrySetResult();
            woken = next;
        }
    }

    private static void Link(ref Waiter? first, ref Waiter? last, Waiter waiter)
    {
        if (last is null)
        {
            first = waiter;
        }
        else
        {
            last.Next = waiter;
        }

        last = waiter;
    }
}
