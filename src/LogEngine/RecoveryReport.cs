namespace LogEngine;

/// <summary>How the end of the log was found when it was opened.</summary>
public enum RecoveredTail
{
    /// <summary>There was no log; one was created.</summary>
    Created = 0,

    /// <summary>The log was closed: its seal was found and verified.</summary>
    Sealed = 1,

    /// <summary>The log was not closed; nothing follows its last whole group.</summary>
    Clean = 2,

    /// <summary>
    /// The log was not closed and a group at its end was incomplete and has been cut. Nothing
    /// attests that it was ever acknowledged as durable.
    /// </summary>
    Torn = 3,
}

/// <summary>What opening found, chose and dropped.</summary>
public sealed class RecoveryReport
{
    /// <summary>The directory that was opened.</summary>
    public required string Directory { get; init; }

    /// <summary>Identity of the store, drawn when it was created.</summary>
    public required Guid StoreId { get; init; }

    /// <summary>How the end of the log was found.</summary>
    public required RecoveredTail Tail { get; init; }

    /// <summary>First readable sequence.</summary>
    public required long FirstSequence { get; init; }

    /// <summary>Last recovered sequence; one below the next to be given.</summary>
    public required long LastSequence { get; init; }

    /// <summary>Segments that hold the log.</summary>
    public required int Segments { get; init; }

    /// <summary>Whole groups verified at the tail.</summary>
    public required long TailGroups { get; init; }

    /// <summary>Bytes of the file in which the tail was cut, from the cut on, that held a torn or
    /// dropped group; 0 where nothing was cut.</summary>
    public required long DroppedBytes { get; init; }

    /// <summary>
    /// Whole groups found behind the place of the cut. They were never acknowledged as durable and
    /// are not joined to the log.
    /// </summary>
    public required int DroppedGroups { get; init; }

    /// <summary>File in which the tail was cut; null where nothing was cut.</summary>
    public string? CutFile { get; init; }

    /// <summary>Offset of the cut; -1 where nothing was cut.</summary>
    public long CutOffset { get; init; } = -1;

    /// <summary>
    /// The dropped group may have been whole and damaged later: with a single copy nothing on disk
    /// tells a torn last write from rot in it.
    /// </summary>
    public required bool Ambiguous { get; init; }

    /// <summary>
    /// Opened read-only on a directory without a writer: the tail is valid but was not made durable.
    /// </summary>
    public bool TailNotMadeDurable { get; init; }

    /// <summary>
    /// Of an engine: sequence of the index snapshot that was loaded; 0 for none, and in a log.
    /// </summary>
    public long SnapshotSequence { get; internal set; }

    /// <summary>Of an engine: records of the log that were applied behind the snapshot.</summary>
    public long ReplayedRecords { get; internal set; }

    /// <summary>Of an engine: newer snapshots that were not usable, and why.</summary>
    public IReadOnlyList<string> SkippedSnapshots { get; internal set; } = [];

    /// <summary>"direct" or "buffered": what was chosen, never Auto.</summary>
    public required IoMode IoMode { get; init; }

    /// <summary>Why direct I/O was not chosen; null where it was.</summary>
    public string? IoReason { get; init; }

    /// <summary>The file system's name.</summary>
    public required string FileSystem { get; init; }

    /// <summary>Alignment of new groups in bytes.</summary>
    public required int Alignment { get; init; }

    /// <summary>Things worth a look that opening could deal with, such as a damaged manifest copy.</summary>
    public IReadOnlyList<string> Warnings { get; internal set; } = [];

    /// <summary>Files in the directory that are not the engine's; left alone.</summary>
    public IReadOnlyList<string> ForeignFiles { get; init; } = [];

    /// <summary>Time per step, in the order in which they ran.</summary>
    public IReadOnlyList<RecoveryStep> Steps { get; init; } = [];

    /// <summary>Time of opening, all steps.</summary>
    public TimeSpan Duration { get; init; }

    /// <summary>A copy, to which an engine adds what its opening found.</summary>
    internal RecoveryReport Copy() => (RecoveryReport)MemberwiseClone();
}

/// <summary>A step of opening.</summary>
/// <param name="Name">What was done.</param>
/// <param name="Duration">How long it took.</param>
public readonly record struct RecoveryStep(string Name, TimeSpan Duration);
