namespace LogEngine;

/// <summary>How a <see cref="StorageEngine"/> is opened. Immutable; every default is crash-safe.</summary>
public sealed record StorageEngineOptions : DirectoryOptions
{
    /// <summary>Default of <see cref="CacheBytes"/>: 64 MiB.</summary>
    public static long DefaultCacheBytes => 64L << 20;

    /// <summary>Largest <see cref="CacheBytes"/>: 1 TiB.</summary>
    public static long MaxCacheBytes => 1L << 40;

    /// <summary>Default of <see cref="SnapshotBudgetBytes"/>: 64 MiB.</summary>
    public static long DefaultSnapshotBudgetBytes => 64L << 20;

    /// <summary>Smallest <see cref="SnapshotBudgetBytes"/>: 64 KiB.</summary>
    public static long MinSnapshotBudgetBytes => 64L << 10;

    /// <summary>Largest <see cref="SnapshotBudgetBytes"/>: 64 GiB.</summary>
    public static long MaxSnapshotBudgetBytes => 64L << 30;

    /// <summary>Default and smallest <see cref="RetainedSnapshots"/>: 2.</summary>
    public static int DefaultRetainedSnapshots => 2;

    /// <summary>Largest <see cref="RetainedSnapshots"/>: 64.</summary>
    public static int MaxRetainedSnapshots => 64;

    /// <summary>Default of <see cref="CompactionThreshold"/>: 0.25.</summary>
    public static double DefaultCompactionThreshold => 0.25;

    /// <summary>Default of <see cref="CompactionBytesPerSecond"/>: 128 MiB.</summary>
    public static long DefaultCompactionBytesPerSecond => 128L << 20;

    /// <summary>Smallest <see cref="CompactionBytesPerSecond"/>: 64 KiB.</summary>
    public static long MinCompactionBytesPerSecond => 64L << 10;

    /// <summary>
    /// Native memory for values that were written or read lately, in bytes, 0 to 1 TiB, default
    /// 64 MiB, or a quarter of the memory that this process may use where that is less (as in a small
    /// container). 0: none, every read of a value goes to its file.
    /// </summary>
    public long CacheBytes { get; init; } = DefaultCacheBytes;

    /// <summary>
    /// Payload bytes of log after which a snapshot of the index is written in the background, 64 KiB
    /// to 64 GiB, default 64 MiB; the size of the last snapshot where that is more; a quarter of the
    /// bytes in files where that is reached first. It bounds what opening replays.
    /// </summary>
    public long SnapshotBudgetBytes { get; init; } = DefaultSnapshotBudgetBytes;

    /// <summary>Snapshots kept, the newest ones; 2 to 64, default 2.</summary>
    public int RetainedSnapshots { get; init; } = DefaultRetainedSnapshots;

    /// <summary>
    /// Share of dead bytes in the sealed segments from which compaction works in the background,
    /// 0.05 to 0.95, default 0.25; 1 turns it off.
    /// </summary>
    public double CompactionThreshold { get; init; } = DefaultCompactionThreshold;

    /// <summary>
    /// Most bytes a second that background compaction reads and background snapshots write, from
    /// 64 KiB, default 128 MiB. It does not bound <see cref="EmbeddedEngine.CompactAsync"/> and
    /// <see cref="EmbeddedEngine.SnapshotAsync"/>.
    /// </summary>
    public long CompactionBytesPerSecond { get; init; } = DefaultCompactionBytesPerSecond;

    /// <summary>
    /// Whether opening holds the index to what the log says before anything is read: the whole tree is
    /// checked, and all of it compared with one from the oldest snapshot kept and the log behind it,
    /// or from the log alone where it still has everything. A difference is a
    /// <see cref="CorruptionException"/>. Takes the memory and the time of opening twice. Default
    /// false.
    /// </summary>
    public bool CheckIndex { get; init; }

    /// <summary>
    /// For tests that open thousands of engines: the index takes its memory in chunks of so many
    /// bytes and poisons what it frees; 0 for how it is in production.
    /// </summary>
    internal int TestIndexChunkBytes { get; init; }

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        InRange(CacheBytes, 0, MaxCacheBytes, nameof(CacheBytes));
        InRange(
            SnapshotBudgetBytes,
            MinSnapshotBudgetBytes,
            MaxSnapshotBudgetBytes,
            nameof(SnapshotBudgetBytes));
        InRange(
            RetainedSnapshots,
            DefaultRetainedSnapshots,
            MaxRetainedSnapshots,
            nameof(RetainedSnapshots));
        if (CompactionThreshold is not (>= 0.05 and <= 0.95) and not 1)
        {
            throw new ArgumentOutOfRangeException(
                nameof(CompactionThreshold),
                CompactionThreshold,
                $"{nameof(CompactionThreshold)} must be between 0.05 and 0.95, or 1 for none.");
        }

        InRange(
            CompactionBytesPerSecond,
            MinCompactionBytesPerSecond,
            long.MaxValue,
            nameof(CompactionBytesPerSecond));
    }

    /// <summary>
    /// The default gives way where the process may use little memory; what was asked for does not.
    /// </summary>
    /// <param name="availableBytes">What the process may use; 0 where that is not known.</param>
    internal long CacheBytesWithin(long availableBytes) =>
        CacheBytes == DefaultCacheBytes && availableBytes > 0
            ? Math.Min(CacheBytes, availableBytes / 4)
            : CacheBytes;

    /// <summary>The part of it that concerns the log below.</summary>
    internal WriteAheadLogOptions ToLogOptions() => new(this);
}
