using System.Globalization;

namespace LogEngine.Stores.Queues;

/// <summary>Names one delivery of a message; needed to settle it.</summary>
/// <param name="Open">Random, drawn when the queue was opened: tokens of other opens are refused.</param>
/// <param name="Number">The lease's number within that open.</param>
public readonly record struct LeaseToken(long Open, long Number)
{
    /// <summary>The token as text.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{(ulong)Open:x16}-{Number}");
}
