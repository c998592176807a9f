namespace LogEngine.Log;

/// <summary>Delivers the outcome of appends, one by one, never under a lock.</summary>
internal static class Completions
{
    /// <summary>
    /// From so many on, the committer queues one and that one queues the rest: handing them out one
    /// by one would keep the disk waiting.
    /// </summary>
    private const int Many = 32;

    internal static void CompleteAll(AppendWaiter? first, int count, IScheduler scheduler)
    {
        while (first is { } waiter)
        {
            // Read before: a completed waiter may serve another append at once.
            AppendWaiter? rest = waiter.Next;
            if (count >= Many && waiter.IsPooled)
            {
                waiter.CompleteWithRest(scheduler);
                return;
            }

            first = rest;
            waiter.Next = null;
            waiter.Complete(null, scheduler);
        }
    }

    /// <summary>The rest of a chain whose first has been completed.</summary>
    internal static void CompleteRest(AppendWaiter? rest, IScheduler scheduler) =>
        DeliverAll(rest, static _ => null, 0, scheduler);

    /// <summary>Of those that were admitted each gets an exception of its own.</summary>
    internal static void FailAll(AppendWaiter? first, LogFault fault, IScheduler scheduler) =>
        DeliverAll(first, static fault => fault.New(mayBeWritten: true), fault, scheduler);

    /// <summary>The same of those that stand in line: nothing of them was written.</summary>
    internal static void FailWaiting(AppendWaiter? first, LogFault fault, IScheduler scheduler) =>
        DeliverAll(first, static fault => fault.New(), fault, scheduler);

    /// <summary>Refused before admission: nothing was written.</summary>
    internal static void RefuseAll(AppendWaiter? first, Exception reason, IScheduler scheduler) =>
        DeliverAll(first, Refusal, reason, scheduler);

    internal static Exception Refusal(Exception reason) => reason switch
    {
        StorageFullException full =>
            new StorageFullException(full.Path, "the disk or quota is full", full),
        StorageIOException error => new StorageIOException(error),
        _ => reason,
    };

    private static void DeliverAll<TState>(
        AppendWaiter? first,
        Func<TState, Exception?> outcome,
        TState state,
        IScheduler scheduler)
    {
        while (first is { } waiter)
        {
            // Read before: a completed waiter may serve another append at once.
            first = waiter.Next;
            waiter.Next = null;
            waiter.Complete(outcome(state), scheduler);
        }
    }
}
