namespace LogEngine;

/// <summary>How much of a live segment of an open engine is still needed: a moment's picture. Immutable.</summary>
public sealed record SegmentUse
{
    /// <summary>Name of its file, without the directory.</summary>
    public required string File { get; init; }

    /// <summary>It is the one that is being written.</summary>
    public required bool IsActive { get; init; }

    /// <summary>Sequence of its first record.</summary>
    public required long FirstSequence { get; init; }

    /// <summary>Its last sequence so far; one below the first where it holds none.</summary>
    public required long LastSequence { get; init; }

    /// <summary>Bytes that are written, headers and padding included.</summary>
    public required long WrittenBytes { get; init; }

    /// <summary>Of these, bytes of records that the index points at.</summary>
    public required long LiveBytes { get; init; }

    /// <summary>How many records these are.</summary>
    public required long LiveRecords { get; init; }

    /// <summary>The rest of them: what was replaced or removed, headers, padding.</summary>
    public long DeadBytes => Math.Max(0, WrittenBytes - LiveBytes);

    /// <summary>Bytes that still go into it: 0 where it is not the active one.</summary>
    public required long FreeBytes { get; init; }
}
