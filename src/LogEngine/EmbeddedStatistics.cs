namespace LogEngine;

/// <summary>A moment's picture of an <see cref="EmbeddedEngine"/>.</summary>
public sealed record EmbeddedStatistics : EngineStatistics
{
    /// <summary>Of the log below.</summary>
    public required LogStatistics Log { get; init; }

    /// <summary>Native memory of the index in bytes.</summary>
    public required long IndexBytes { get; init; }

    /// <summary>Values that were read from the cache.</summary>
    public required long CacheHits { get; init; }

    /// <summary>Values that were read from files.</summary>
    public required long FileReads { get; init; }

    /// <summary>Bytes of segments' records, and how many of them the index points at.</summary>
    public required long SegmentBytes { get; init; }

    /// <summary>Bytes of records that the index points at.</summary>
    public required long LiveBytes { get; init; }

    /// <summary>Read views that are open.</summary>
    public required int OpenViews { get; init; }

    /// <summary>Sequence of the oldest open view; null where there is none.</summary>
    public required long? OldestViewSequence { get; init; }

    /// <summary>Watches that are open (<see cref="Keyspace.WatchAsync"/>).</summary>
    public int OpenWatches { get; init; }

    /// <summary>
    /// Sequence up to which the slowest open watch has read; null where there is none. The log behind it is kept.
    /// </summary>
    public long? OldestWatchSequence { get; init; }

    /// <summary>Sequence of the newest snapshot of the index; 0 for none.</summary>
    public required long SnapshotSequence { get; init; }

    /// <summary>Snapshots written since opening.</summary>
    public required long SnapshotsWritten { get; init; }

    /// <summary>Bytes that compaction has written since opening.</summary>
    public required long RelocatedBytes { get; init; }

    /// <summary>Segments freed since opening.</summary>
    public required long SegmentsFreed { get; init; }

    /// <summary>
    /// What went wrong last in the background, in a snapshot or in compaction; null while it is well.
    /// It does not stop reads or writes; it is tried again.
    /// </summary>
    public required string? MaintenanceFailure { get; init; }
}
