namespace LogEngine;

/// <summary>What <see cref="LogDirectory.VerifyAsync"/> found.</summary>
public sealed class VerifyReport
{
    /// <summary>The directory that was verified.</summary>
    public required string Directory { get; init; }

    /// <summary>
    /// A writer had it open meanwhile: the log was verified up to the highest durable mark, not to
    /// what is being written.
    /// </summary>
    public required bool BesideWriter { get; init; }

    /// <summary>How the end of the log was found.</summary>
    public required InspectedTail Tail { get; init; }

    /// <summary>Live segments that were read.</summary>
    public required int Segments { get; init; }

    /// <summary>Whole groups, those without records included.</summary>
    public required long Groups { get; init; }

    /// <summary>Records whose checksum is right.</summary>
    public required long Records { get; init; }

    /// <summary>Bytes judged: manifests, segment headers, groups, padding and footers.</summary>
    public required long BytesVerified { get; init; }

    /// <summary>Highest sequence verified; 0 where there is none.</summary>
    public required long LastSequence { get; init; }

    /// <summary>Everything found, in the order in which it was met.</summary>
    public required IReadOnlyList<VerifyFinding> Findings { get; init; }

    /// <summary>Nothing found is corruption.</summary>
    public bool IsSound => Findings.All(f => f.Severity != FindingSeverity.Corruption);
}

/// <summary>Something that was found in a log directory.</summary>
/// <param name="Severity">How bad it is.</param>
/// <param name="Path">The file, or the directory where a file is missing.</param>
/// <param name="Offset">Byte offset in the file; -1 where the whole file is meant.</param>
/// <param name="Reason">What was expected and what was found.</param>
public sealed record VerifyFinding(
    FindingSeverity Severity, string Path, long Offset, string Reason);

/// <summary>How bad a finding is.</summary>
public enum FindingSeverity
{
    /// <summary>Worth knowing; the log is sound with it.</summary>
    Note = 0,

    /// <summary>Something that was written is not there any more as it was written.</summary>
    Corruption = 1,
}
