namespace LogEngine.Stores.Queues;

/// <summary>How a <see cref="QueueProcessor"/> works. Immutable.</summary>
public sealed record QueueProcessorOptions
{
    /// <summary>Default of <see cref="Concurrency"/>: 4.</summary>
    public static int DefaultConcurrency => 4;

    /// <summary>Largest <see cref="Concurrency"/>: 4,096.</summary>
    public static int MaxConcurrency => 4096;

    /// <summary>Messages that are handled at the same time, 1 to 4,096, default 4.</summary>
    public int Concurrency { get; init; } = DefaultConcurrency;

    /// <summary>Whether a lease is renewed, at half its time, while its handler runs; default true.</summary>
    public bool RenewLeases { get; init; } = true;

    /// <summary>
    /// Delay before a message whose handler failed is delivered again; doubled with each delivery;
    /// zero for at once; default one second.
    /// </summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Longest such delay, up to ten years; default five minutes.</summary>
    public TimeSpan MaxRetryDelay { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// How long a handler may go on after its token has ended, before the processor stops without it
    /// and gives its lease up; zero to one day, default one second.
    /// </summary>
    public TimeSpan AbandonAfter { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Told of every failure of a handler, and of what goes wrong in settling, after the message has
    /// been given back; what it throws is logged; default null.
    /// </summary>
    public Action<QueueDelivery, Exception>? OnFailure { get; init; }

    /// <summary>Checks every value against its range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of its range.</exception>
    public void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Concurrency, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Concurrency, MaxConcurrency);
        ArgumentOutOfRangeException.ThrowIfLessThan(RetryDelay, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxRetryDelay, RetryDelay);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MaxRetryDelay, DurableQueue.MaxDelay);
        ArgumentOutOfRangeException.ThrowIfLessThan(AbandonAfter, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(AbandonAfter, TimeSpan.FromDays(1));
    }

    /// <summary>The delay after so many deliveries.</summary>
    internal TimeSpan DelayAfter(int deliveries)
    {
        double delay = RetryDelay.Ticks * Math.Pow(2, Math.Clamp(deliveries - 1, 0, 40));
        return delay < MaxRetryDelay.Ticks
            ? TimeSpan.FromTicks((long)delay)
            : MaxRetryDelay;
    }
}
