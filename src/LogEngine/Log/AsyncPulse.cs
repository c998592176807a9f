namespace LogEngine.Log;

/// <summary>Wakes everybody who waits; costs nothing while nobody does.</summary>
/// <remarks>
/// Take the task first, check the condition second, await third: then no pulse is missed.
/// </remarks>
internal sealed class AsyncPulse
{
    /// <summary>Null while nobody waits.</summary>
    private TaskCompletionSource? _waiters;

    internal Task NextAsync()
    {
        while (true)
        {
            TaskCompletionSource? present = Volatile.Read(ref _waiters);
            if (present is not null)
            {
                return present.Task;
            }

            TaskCompletionSource fresh = new(TaskCreationOptions.RunContinuationsAsynchronously);
            if (Interlocked.CompareExchange(ref _waiters, fresh, null) is null)
            {
                return fresh.Task;
            }
        }
    }

    internal void Pulse()
    {
        // The fence orders the publication before this look against a waiter's registration before
        // its look at the publication.
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _waiters) is not null)
        {
            Interlocked.Exchange(ref _waiters, null)?.SetResult();
        }
    }
}
