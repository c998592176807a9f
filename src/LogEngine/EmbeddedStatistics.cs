namespace LogEngine;

/// <summary>A moment's picture of an <see cref="EmbeddedEngine"/>.</summary>
public sealed record EmbeddedStatistics : EngineStatistics
{
    /// <summary>Of the log below.</summary>
    public required LogStatistics Log { get; init; }

    /// <summary>
    /// Native memory of the index in bytes: the pages that hold its keys, and those that wait
    /// (<see cref="IndexRetiredBytes"/>).
    /// </summary>
    public required long IndexBytes { get; init; }

    /// <summary>
    /// Of these, in bytes, pages that were replaced and wait for whom they are kept: a view, a scan, or a
    /// snapshot that is being written. They are used again once that has ended.
    /// </summary>
    public long IndexRetiredBytes { get; init; }

    /// <summary>
    /// Native memory that the index has reserved, in bytes: <see cref="IndexBytes"/>, what is free for new
    /// pages, and what the system has not been asked to back with memory yet. It never shrinks while the
    /// engine is open.
    /// </summary>
    public long IndexReservedBytes { get; init; }

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
