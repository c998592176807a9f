namespace LogEngine;

/// <summary>What <see cref="LogDirectory.SalvageAsync"/> copied, and what it could not.</summary>
public sealed class SalvageReport
{
    /// <summary>The directory that was read; nothing in it was changed.</summary>
    public required string Source { get; init; }

    /// <summary>The directory of the new log or engine.</summary>
    public required string Target { get; init; }

    /// <summary>Records copied; of an engine, values.</summary>
    public required long Records { get; init; }

    /// <summary>Payload bytes copied; of an engine, bytes of values.</summary>
    public required long PayloadBytes { get; init; }

    /// <summary>Old sequences and new ones, in order; none of an engine.</summary>
    public required IReadOnlyList<SalvagedRange> Ranges { get; init; }

    /// <summary>What is missing, in order of sequence; empty where everything was copied.</summary>
    public required IReadOnlyList<SalvageGap> Gaps { get; init; }

    /// <summary>Values of an engine that are known and could not be read; none of a log.</summary>
    public IReadOnlyList<LostValue> LostValues { get; init; } = [];

    /// <summary>Damage that was met on the way, whether or not it cost a record.</summary>
    public required IReadOnlyList<VerifyFinding> Findings { get; init; }
}
