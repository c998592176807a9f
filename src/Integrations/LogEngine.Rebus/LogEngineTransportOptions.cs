using LogEngine.Stores.Queues;

namespace LogEngine.Rebus;

/// <summary>How a Rebus transport uses its engine. Immutable.</summary>
public sealed record LogEngineTransportOptions
{
    /// <summary>Default of <see cref="Prefetch"/>: 1.</summary>
    public static int DefaultPrefetch => 1;

    /// <summary>Highest <see cref="Prefetch"/>: 1,000.</summary>
    public static int MaxPrefetch => 1000;

    /// <summary>
    /// The options of every queue that the transport opens: its own and those that it sends to. Default: those of
    /// <see cref="QueueOptions"/>, but <see cref="QueueOptions.MaxDeliveries"/> is 0, since Rebus counts by itself
    /// and has an error queue. They must be equal for all endpoints of an engine in one process.
    /// </summary>
    public QueueOptions Queue { get; init; } = new() { MaxDeliveries = 0 };

    /// <summary>
    /// Messages received at once, 1 to 1,000, default 1; they are handed out one by one, and given back when the
    /// bus is disposed. A message that only waited here when its process was killed counts as delivered.
    /// </summary>
    public int Prefetch { get; init; } = DefaultPrefetch;

    /// <summary>
    /// What a commit survives once it has completed: messages sent, acknowledgements, what handlers write. Default
    /// null: the engine's default.
    /// </summary>
    public Durability? Durability { get; init; }

    /// <summary>Checks every value against its range.</summary>
    /// <exception cref="ArgumentException">A value is out of its range.</exception>
    public void Validate()
    {
        ArgumentNullException.ThrowIfNull(Queue);
        Queue.Validate();
        ArgumentOutOfRangeException.ThrowIfLessThan(Prefetch, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Prefetch, MaxPrefetch);
    }
}
