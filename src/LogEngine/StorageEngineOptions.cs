using Microsoft.Extensions.Logging;

namespace LogEngine;

/// <summary>How a <see cref="StorageEngine"/> is opened. Immutable; every default is crash-safe.</summary>
public sealed record StorageEngineOptions
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

    /// <summary>Durability of writes that name none. Power-loss durability by default.</summary>
    public Durability DefaultDurability { get; init; } = Durability.PowerLoss;

    /// <summary>
    /// Size of a segment file in bytes, 64 KiB to 1 GiB, default 64 MiB. A segment is what
    /// compaction frees.
    /// </summary>
    public long SegmentSizeBytes { get; init; } = WriteAheadLogOptions.DefaultSegmentSizeBytes;

    /// <summary>
    /// Most bytes that one commit writes, 16 KiB to 4 MiB, default 4 MiB; at most a quarter of a
    /// segment is used. Values larger than a sixteenth of it, and than 192 KiB in any case, are
    /// stored in chunks.
    /// </summary>
    public int GroupCapBytes { get; init; } = WriteAheadLogOptions.DefaultGroupCapBytes;

    /// <summary>How files are written; default <see cref="IoMode.Auto"/>.</summary>
    public IoMode IoMode { get; init; } = IoMode.Auto;

    /// <summary>Most segment files kept ready for reuse, 0 to 64, default 4.</summary>
    public int SpareSegments { get; init; } = WriteAheadLogOptions.DefaultSpareSegments;

    /// <summary>
    /// Longest time that written data stays without a sync when no write asks for one; default one
    /// second, 1 ms to 1 hour.
    /// </summary>
    public TimeSpan MaxUnsyncedAge { get; init; } = WriteAheadLogOptions.DefaultMaxUnsyncedAge;

    /// <summary>
    /// How long opening waits for another writer to let go of the directory; default zero.
    /// </summary>
    public TimeSpan LockTimeout { get; init; } = TimeSpan.Zero;

    /// <summary>
    /// Opens for reading only, as of this moment: beside a writer, where nobody writes, or in a
    /// backup. Nothing in the directory is changed; writing members throw
    /// <see cref="StorageReadOnlyException"/>. Default false.
    /// </summary>
    public bool ReadOnly { get; init; }

    /// <summary>Whether a missing directory or engine is created; default true.</summary>
    public bool CreateIfMissing { get; init; } = true;

    /// <summary>
    /// Native memory for values that were written or read lately, in bytes, 0 to 1 TiB, default
    /// 64 MiB. 0: none, every read of a value goes to its file.
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
    /// The clock; default the system's. Expiry, group times and delays come from it.
    /// </summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Where events are logged (docs/metrics.md); default nowhere.</summary>
    public ILoggerFactory? LoggerFactory { get; init; }

    /// <summary>
    /// For tests that open thousands of engines: the index takes its memory in chunks of so many
    /// bytes and poisons what it frees; 0 for how it is in production.
    /// </summary>
    internal int TestIndexChunkBytes { get; init; }

    /// <summary>Checks every value against its range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of its range.</exception>
    public void Validate()
    {
        ToLogOptions().Validate();
        if ((uint)DefaultDurability > (uint)Durability.PowerLoss)
        {
            throw new ArgumentOutOfRangeException(
                nameof(DefaultDurability), DefaultDurability, "An embedded engine has no such level.");
        }

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

    /// <summary>The part of it that concerns the log below.</summary>
    internal WriteAheadLogOptions ToLogOptions() => new()
    {
        SegmentSizeBytes = SegmentSizeBytes,
        GroupCapBytes = GroupCapBytes,
        IoMode = IoMode,
        SpareSegments = SpareSegments,
        MaxUnsyncedAge = MaxUnsyncedAge,
        LockTimeout = LockTimeout,
        ReadOnly = ReadOnly,
        CreateIfMissing = CreateIfMissing,
        TimeProvider = TimeProvider,
        LoggerFactory = LoggerFactory,
    };

    private static void InRange<T>(T value, T low, T high, string name)
        where T : IComparable<T>
    {
        if (value.CompareTo(low) < 0 || value.CompareTo(high) > 0)
        {
            throw new ArgumentOutOfRangeException(
                name, value, $"{name} must be between {low} and {high}.");
        }
    }
}
