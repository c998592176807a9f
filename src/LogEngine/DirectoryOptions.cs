using Microsoft.Extensions.Logging;

namespace LogEngine;

/// <summary>
/// What a log and an engine have in common: how their directory is opened, and how the log in it is written.
/// Immutable; every default is crash-safe.
/// </summary>
public abstract record DirectoryOptions
{
    /// <summary>Default of <see cref="SegmentSizeBytes"/>: 64 MiB.</summary>
    public static long DefaultSegmentSizeBytes => 64L << 20;

    /// <summary>Smallest <see cref="SegmentSizeBytes"/>: 64 KiB.</summary>
    public static long MinSegmentSizeBytes => 64L << 10;

    /// <summary>Largest <see cref="SegmentSizeBytes"/>: 1 GiB.</summary>
    public static long MaxSegmentSizeBytes => 1L << 30;

    /// <summary>Default of <see cref="GroupCapBytes"/>: 4 MiB.</summary>
    public static int DefaultGroupCapBytes => 4 << 20;

    /// <summary>Smallest <see cref="GroupCapBytes"/>: 16 KiB.</summary>
    public static int MinGroupCapBytes => 16 << 10;

    /// <summary>Largest <see cref="GroupCapBytes"/>: 4 MiB.</summary>
    public static int MaxGroupCapBytes => 4 << 20;

    /// <summary>Default of <see cref="GroupsInFlight"/>: 2.</summary>
    public static int DefaultGroupsInFlight => 2;

    /// <summary>Largest <see cref="GroupsInFlight"/>: 8.</summary>
    public static int MaxGroupsInFlight => 8;

    /// <summary>Default of <see cref="SpareSegments"/>: 4.</summary>
    public static int DefaultSpareSegments => 4;

    /// <summary>Largest <see cref="SpareSegments"/>: 64.</summary>
    public static int MaxSpareSegments => 64;

    /// <summary>Default of <see cref="MaxUnsyncedAge"/>: one second.</summary>
    public static TimeSpan DefaultMaxUnsyncedAge { get; } = TimeSpan.FromSeconds(1);

    private protected DirectoryOptions()
    {
    }

    /// <summary>
    /// Durability of writes that name none; default <see cref="Durability.PowerLoss"/>.
    /// </summary>
    public Durability DefaultDurability { get; init; } = Durability.PowerLoss;

    /// <summary>
    /// Size of a segment file in bytes, 64 KiB to 1 GiB, default 64 MiB; rounded down to the
    /// directory's alignment. A segment is what truncation, and in an engine compaction, frees.
    /// </summary>
    public long SegmentSizeBytes { get; init; } = DefaultSegmentSizeBytes;

    /// <summary>
    /// Most bytes that one commit writes, 16 KiB to 4 MiB, default 4 MiB; at most a quarter of a
    /// segment is used. Only a single larger batch exceeds it. One buffer of this size more than
    /// <see cref="GroupsInFlight"/> is held. Values of an engine that are larger than a sixteenth of
    /// it, and than 192 KiB in any case, are stored in chunks.
    /// </summary>
    public int GroupCapBytes { get; init; } = DefaultGroupCapBytes;

    /// <summary>
    /// Most commits whose writes are on their way at the same time, 1 to 8, default 2; 1 is one after
    /// the other. Only writes overlap that make their commit durable by themselves: direct ones, at
    /// <see cref="Durability.PowerLoss"/>. They are acknowledged in the order of the log, and how many
    /// of them pay is measured while the log runs.
    /// </summary>
    public int GroupsInFlight { get; init; } = DefaultGroupsInFlight;

    /// <summary>How files are written; default <see cref="IoMode.Auto"/>.</summary>
    public IoMode IoMode { get; init; } = IoMode.Auto;

    /// <summary>
    /// Most segment files kept ready for reuse, 0 to 64, default 4. They are made only while the
    /// log is written fast enough to need them, and are the first thing given up on a full disk.
    /// </summary>
    public int SpareSegments { get; init; } = DefaultSpareSegments;

    /// <summary>
    /// Longest time that written data stays without a sync when no write asks for one; default one
    /// second, 1 ms to 1 hour.
    /// </summary>
    public TimeSpan MaxUnsyncedAge { get; init; } = DefaultMaxUnsyncedAge;

    /// <summary>
    /// How long opening waits for another writer to let go of the directory; default zero: it fails
    /// at once.
    /// </summary>
    public TimeSpan LockTimeout { get; init; } = TimeSpan.Zero;

    /// <summary>
    /// Opens for reading only: no lock is taken, nothing is changed, a live writer is not disturbed; members
    /// that write throw <see cref="StorageReadOnlyException"/>. An engine is shown as of the moment at which
    /// it is opened. Default false.
    /// </summary>
    public bool ReadOnly { get; init; }

    /// <summary>
    /// Whether a missing directory, log or engine is created; default true. Ignored when read-only.
    /// </summary>
    public bool CreateIfMissing { get; init; } = true;

    /// <summary>The clock; default the system's. Group times, delays, ages and expiry come from it.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Where events are logged (docs/metrics.md); default nowhere.</summary>
    public ILoggerFactory? LoggerFactory { get; init; }

    /// <summary>Checks every value against its range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of its range.</exception>
    public virtual void Validate()
    {
        InRange(SegmentSizeBytes, MinSegmentSizeBytes, MaxSegmentSizeBytes, nameof(SegmentSizeBytes));
        InRange(GroupCapBytes, MinGroupCapBytes, MaxGroupCapBytes, nameof(GroupCapBytes));
        InRange(GroupsInFlight, 1, MaxGroupsInFlight, nameof(GroupsInFlight));
        InRange(SpareSegments, 0, MaxSpareSegments, nameof(SpareSegments));
        InRange(
            MaxUnsyncedAge,
            TimeSpan.FromMilliseconds(1),
            TimeSpan.FromHours(1),
            nameof(MaxUnsyncedAge));
        InRange(LockTimeout, TimeSpan.Zero, TimeSpan.FromDays(1), nameof(LockTimeout));
        if ((uint)DefaultDurability > (uint)Durability.PowerLoss)
        {
            throw new ArgumentOutOfRangeException(
                nameof(DefaultDurability), DefaultDurability, "Nothing that is embedded has such a level.");
        }

        if (!Enum.IsDefined(IoMode))
        {
            throw new ArgumentOutOfRangeException(nameof(IoMode), IoMode, "Unknown I/O mode.");
        }

        ArgumentNullException.ThrowIfNull(TimeProvider);
    }

    private protected static void InRange<T>(T value, T low, T high, string name)
        where T : IComparable<T>
    {
        if (value.CompareTo(low) < 0 || value.CompareTo(high) > 0)
        {
            throw new ArgumentOutOfRangeException(
                name, value, $"{name} must be between {low} and {high}.");
        }
    }
}
