namespace LogEngine.Stores.Queues;

/// <summary>Where a message is that is neither ready nor scheduled.</summary>
internal enum LeaseState : byte
{
    /// <summary>Its body is being read and its attempt counted; nobody has it yet.</summary>
    Delivering,

    /// <summary>A receiver has it, until it expires.</summary>
    Active,

    /// <summary>What ends it is being committed: it cannot expire, and is given back on failure.</summary>
    Settling,

    /// <summary>It has ended; a purge may have ended it in any state.</summary>
    Ended,
}

/// <summary>One message in the hands of a receiver, or on its way to or from one.</summary>
/// <remarks>All that changes is guarded by the queue's lock.</remarks>
internal sealed class Lease(long number, QueueEntry entry, QueueUser owner)
{
    internal long Number { get; } = number;

    /// <summary>The object of the queue through which it was received.</summary>
    internal QueueUser Owner { get; } = owner;

    /// <summary>The one through which it is delivered or settled.</summary>
    internal QueueUser Mover { get; set; } = owner;

    internal QueueEntry Entry { get; private set; } = entry;

    /// <summary>The message is in a receiver's hands: only now it counts.</summary>
    internal void CountDelivery() => Entry = Entry.Counted();

    /// <summary>
    /// The message was there before this open, or nothing has been counted since: its delivery is counted in
    /// the log before anybody has it.
    /// </summary>
    internal bool IsCountedFirst { get; init; }

    /// <summary>The delivery has not been counted in the log, and need not be while it is settled.</summary>
    internal bool OwesCount { get; set; }

    internal LeaseState State { get; set; } = LeaseState.Delivering;

    /// <summary>Monotonic timestamp from which it has expired.</summary>
    internal long ExpiresAt { get; set; }

    /// <summary>Place in the heap of expiries; -1 while in none.</summary>
    internal int HeapPlace { get; set; } = -1;
}
