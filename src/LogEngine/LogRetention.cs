namespace LogEngine;

/// <summary>
/// How much of a <see cref="WriteAheadLog"/> is kept. What is beyond it is truncated from the beginning, in
/// whole segments, while the log is open for writing.
/// </summary>
/// <remarks>
/// The same as <see cref="WriteAheadLog.TruncateBeforeAsync"/> in what is durable and in what readers see:
/// one that has fallen behind gets a <see cref="TruncatedException"/>. The active segment is never
/// removed, nor a segment whose successor is not durable; a file that a reader is in, or a backup
/// copies, is kept until it lets go. Looked at when a segment is full, at opening, and by the clock.
/// </remarks>
public sealed record LogRetention
{
    /// <summary>Shortest <see cref="MaxAge"/>: one second.</summary>
    public static TimeSpan MinMaxAge { get; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// A segment is removed once the newest of its records was committed so long ago; default null: never.
    /// From one second. The clock is looked at every eighth of it, at least once an hour.
    /// </summary>
    public TimeSpan? MaxAge { get; init; }

    /// <summary>
    /// The oldest segments are removed while the log's segments have more bytes than this, headers and
    /// padding included; default null: never. From 1. The active segment is kept whatever its size.
    /// </summary>
    public long? MaxBytes { get; init; }

    internal bool IsNone => MaxAge is null && MaxBytes is null;

    /// <summary>Checks every value against its range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of its range.</exception>
    public void Validate()
    {
        if (MaxAge is { } age && age < MinMaxAge)
        {
            throw new ArgumentOutOfRangeException(
                nameof(MaxAge), age, $"{nameof(MaxAge)} must be at least {MinMaxAge}.");
        }

        if (MaxBytes is < 1)
        {
            throw new ArgumentOutOfRangeException(
                nameof(MaxBytes), MaxBytes, $"{nameof(MaxBytes)} must be at least 1.");
        }
    }
}
