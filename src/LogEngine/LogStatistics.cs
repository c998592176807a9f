namespace LogEngine;

/// <summary>Counters of one open log since it was opened, and its present shape.</summary>
public sealed record LogStatistics
{
    /// <summary>Records given a sequence.</summary>
    public required long RecordsAppended { get; init; }

    /// <summary>Payload bytes of those records.</summary>
    public required long PayloadBytes { get; init; }

    /// <summary>Groups written, empty ones included.</summary>
    public required long GroupsWritten { get; init; }

    /// <summary>Bytes written by commits, alignment padding included.</summary>
    public required long BytesWritten { get; init; }

    /// <summary>Data syncs, and writes with a data-sync flag.</summary>
    public required long Syncs { get; init; }

    /// <summary>
    /// How long these took, together: of groups written side by side each counts in full.
    /// </summary>
    public TimeSpan SyncTime { get; init; }

    /// <summary>Groups that met blocks not yet prepared and had to grow the file.</summary>
    public required long UnpreparedGroups { get; init; }

    /// <summary>Appends that had to wait for room.</summary>
    public required long BackPressureWaits { get; init; }

    /// <summary>Segments begun.</summary>
    public required long SegmentsStarted { get; init; }

    /// <summary>Segments begun in a recycled file.</summary>
    public required long SegmentsRecycled { get; init; }

    /// <summary>Live segments.</summary>
    public required int Segments { get; init; }

    /// <summary>Files ready for reuse.</summary>
    public required int SpareSegments { get; init; }

    /// <summary>Share of written bytes that are payload, 0 to 1; 0 before the first write.</summary>
    public double Fill => BytesWritten == 0 ? 0 : (double)PayloadBytes / BytesWritten;
}
