namespace LogEngine.Cli;

/// <summary>How `append` appends.</summary>
/// <param name="Durability">When a record counts as acknowledged.</param>
/// <param name="InFlight">Most records without acknowledgement at a time.</param>
/// <param name="PrintAcks">Whether sequences are printed.</param>
internal sealed record AppendOptions(Durability Durability, int InFlight, bool PrintAcks)
{
    /// <summary>Whether what is printed is JSON: an object for each acknowledgement, and one at the end.</summary>
    internal bool AsJson { get; init; }
}
