namespace LogEngine.Stores.Queues;

/// <summary>Receivers that wait for a message, the longest waiting first.</summary>
/// <remarks>
/// Guarded by the queue's lock; waking is done outside it. A woken one looks again: a wake is no
/// message, and one too many does no harm.
/// </remarks>
internal sealed class ReceiveWaiters
{
    private readonly LinkedList<TaskCompletionSource> _waiting = [];

    internal int Count => _waiting.Count;

    /// <param name="on">What is waited on, where that can be closed by itself.</param>
    internal LinkedListNode<TaskCompletionSource> Add(object? on = null) =>
        _waiting.AddLast(new TaskCompletionSource(
            on, TaskCreationOptions.RunContinuationsAsynchronously));

    /// <summary>Takes out all who wait on something that is closed.</summary>
    internal List<TaskCompletionSource> TakeOf(object on)
    {
        List<TaskCompletionSource> taken =
            [.. _waiting.Where(waiter => waiter.Task.AsyncState == on)];
        taken.ForEach(waiter => _waiting.Remove(waiter));
        return taken;
    }

    /// <summary>False where it has been taken out to be woken.</summary>
    internal bool Remove(LinkedListNode<TaskCompletionSource> waiter)
    {
        if (waiter.List is null)
        {
            return false;
        }

        _waiting.Remove(waiter);
        return true;
    }

    /// <summary>Takes out those to be woken; null for nobody.</summary>
    internal List<TaskCompletionSource>? Take(long count)
    {
        if (count <= 0 || _waiting.Count == 0)
        {
            return null;
        }

        List<TaskCompletionSource> woken = [];
        for (; count > 0 && _waiting.First is { } first; count--)
        {
            _waiting.RemoveFirst();
            woken.Add(first.Value);
        }

        return woken;
    }

    /// <summary>Wakes them. Never under the lock.</summary>
    internal static void Wake(List<TaskCompletionSource>? woken)
    {
        foreach (TaskCompletionSource waiter in woken ?? [])
        {
            waiter.TrySetResult();
        }
    }
}
