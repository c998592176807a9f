namespace LogEngine;

/// <summary>A live segment as <see cref="LogDirectory.StatAsync"/> sees it.</summary>
public sealed record SegmentStat
{
    /// <summary>Name of its file, without the directory.</summary>
    public required string File { get; init; }

    /// <summary>Number of its file.</summary>
    public required ulong FileNumber { get; init; }

    /// <summary>Id of this life of the file.</summary>
    public required ulong SegmentId { get; init; }

    /// <summary>Sequence of its first record.</summary>
    public required long FirstSequence { get; init; }

    /// <summary>Its last sequence; one below the first where it holds none.</summary>
    public required long LastSequence { get; init; }

    /// <summary>Offset at which its groups end.</summary>
    public required long EndOffset { get; init; }

    /// <summary>Length of its file in bytes.</summary>
    public required long FileBytes { get; init; }

    /// <summary>Alignment of its groups in bytes.</summary>
    public required int Alignment { get; init; }

    /// <summary>Groups in it, those without records included.</summary>
    public required long Groups { get; init; }

    /// <summary>Records in it.</summary>
    public required long Records { get; init; }

    /// <summary>
    /// Payload bytes of its records, from the group headers: up to 7 bytes a record too many, since
    /// a record's own padding is not told apart.
    /// </summary>
    public required long PayloadBytes { get; init; }
}

/// <summary>A snapshot of an index as <see cref="LogDirectory.StatAsync"/> sees it.</summary>
/// <param name="File">Name of its file, without the directory.</param>
/// <param name="Sequence">The sequence that it stands for.</param>
/// <param name="FileBytes">Length of its file in bytes.</param>
public sealed record SnapshotStat(string File, long Sequence, long FileBytes);
