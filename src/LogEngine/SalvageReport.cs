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

/// <summary>Something that a salvage could not copy.</summary>
/// <param name="Path">The file, or the directory where a file is missing.</param>
/// <param name="Offset">Byte offset in the file; -1 where the whole file is meant.</param>
/// <param name="FirstSequence">First sequence that is missing.</param>
/// <param name="LastSequence">Last sequence that is missing, as far as anything names it.</param>
/// <param name="Reason">What was found there.</param>
public sealed record SalvageGap(
    string Path, long Offset, long FirstSequence, long LastSequence, string Reason);

/// <summary>Records that were copied without a gap: their sequences then and now.</summary>
/// <param name="Source">Sequences in the damaged log.</param>
/// <param name="Target">Sequences in the new log; as many.</param>
public readonly record struct SalvagedRange(SequenceRange Source, SequenceRange Target);
