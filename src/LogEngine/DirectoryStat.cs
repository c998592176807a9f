namespace LogEngine;

/// <summary>What is in a directory, from headers alone: no record is read.</summary>
public sealed class DirectoryStat
{
    /// <summary>The directory.</summary>
    public required string Directory { get; init; }

    /// <summary>
    /// "log", "storage engine" or "backup of a storage engine"; "unknown" where no manifest is
    /// readable.
    /// </summary>
    public required string Kind { get; init; }

    /// <summary>Identity of the store; all zero where no manifest is readable.</summary>
    public required Guid StoreId { get; init; }

    /// <summary>Version of the on-disk format.</summary>
    public required int FormatVersion { get; init; }

    /// <summary>Alignment of new groups in bytes.</summary>
    public required int Alignment { get; init; }

    /// <summary>A process has it open for writing; null where the system cannot tell.</summary>
    public required bool? HasWriter { get; init; }

    /// <summary>How often it was opened for writing.</summary>
    public required ulong OpenEpoch { get; init; }

    /// <summary>How its end was found.</summary>
    public required InspectedTail Tail { get; init; }

    /// <summary>First readable sequence; one above the last where it is empty.</summary>
    public required long FirstSequence { get; init; }

    /// <summary>
    /// Last sequence; beside a writer, the last one that a mark attests as durable.
    /// </summary>
    public required long LastSequence { get; init; }

    /// <summary>
    /// Readable records; of an engine, which frees segments anywhere, those of the live segments.
    /// </summary>
    public long Records => Kind is "log" or "backup of a log"
        ? Math.Max(0, LastSequence - FirstSequence + 1)
        : Segments.Sum(s => s.Records);

    /// <summary>Live segments, oldest first.</summary>
    public required IReadOnlyList<SegmentStat> Segments { get; init; }

    /// <summary>Listed snapshots of an engine's index, oldest first; none in a log.</summary>
    public required IReadOnlyList<SnapshotStat> Snapshots { get; init; }

    /// <summary>Names of files kept for reuse.</summary>
    public required IReadOnlyList<string> Spares { get; init; }

    /// <summary>Names of files that are not the engine's.</summary>
    public required IReadOnlyList<string> ForeignFiles { get; init; }

    /// <summary>Length of all files of the log together, spares included.</summary>
    public required long FileBytes { get; init; }

    /// <summary>Bytes of the live segments up to their ends.</summary>
    public long WrittenBytes => Segments.Sum(s => s.EndOffset);

    /// <summary>Payload bytes: see <see cref="SegmentStat.PayloadBytes"/>.</summary>
    public long PayloadBytes => Segments.Sum(s => s.PayloadBytes);

    /// <summary>
    /// Share of written bytes that are payload, 0 to 1; 0 where nothing is written.
    /// </summary>
    public double Fill => WrittenBytes == 0 ? 0 : (double)PayloadBytes / WrittenBytes;

    /// <summary>What is wrong, as far as it was met; verifying finds more.</summary>
    public required IReadOnlyList<VerifyFinding> Findings { get; init; }
}
