namespace LogEngine;

/// <summary>How a <see cref="LogReader"/> reads.</summary>
public sealed record LogReaderOptions
{
    /// <summary>
    /// Whether the reader waits for records still to come; default false: it ends at the last
    /// record that is readable when it gets there.
    /// </summary>
    public bool Follow { get; init; }

    /// <summary>How far the reader goes; default <see cref="ReadUpTo.Durable"/>.</summary>
    public ReadUpTo UpTo { get; init; } = ReadUpTo.Durable;
}

/// <summary>How far a reader goes.</summary>
public enum ReadUpTo
{
    /// <summary>Only records that survive a power loss.</summary>
    Durable = 0,

    /// <summary>
    /// Also records that are written but not yet durable. After a power loss their sequences may
    /// belong to other records.
    /// </summary>
    Written = 1,
}
