namespace LogEngine.Stores.Queues;

/// <summary>How a <see cref="DurableQueue"/> behaves. Immutable. Not stored: the open that finds it closed decides.</summary>
public sealed record QueueOptions
{
    /// <summary>Default of <see cref="LeaseDuration"/>: 30 seconds.</summary>
    public static TimeSpan DefaultLeaseDuration { get; } = TimeSpan.FromSeconds(30);

    /// <summary>Default of <see cref="DeduplicationWindow"/>: 5 minutes.</summary>
    public static TimeSpan DefaultDeduplicationWindow { get; } = TimeSpan.FromMinutes(5);

    /// <summary>Longest <see cref="LeaseDuration"/>: 7 days.</summary>
    public static TimeSpan MaxLeaseDuration { get; } = TimeSpan.FromDays(7);

    /// <summary>Longest <see cref="DeduplicationWindow"/>: 7 days.</summary>
    public static TimeSpan MaxDeduplicationWindow => MaxLeaseDuration;

    /// <summary>Default of <see cref="MaxDeliveries"/>: 10.</summary>
    public static int DefaultMaxDeliveries => 10;

    /// <summary>Default of <see cref="StarvationLimit"/>: 16.</summary>
    public static int DefaultStarvationLimit => 16;

    /// <summary>
    /// How long a received message is leased where the receiver does not say; 1 ms to 7 days,
    /// default 30 seconds.
    /// </summary>
    public TimeSpan LeaseDuration { get; init; } = DefaultLeaseDuration;

    /// <summary>
    /// Deliveries after which a message that comes back goes to the dead letters; 1 to 65,535, default
    /// 10; 0 for never.
    /// </summary>
    public int MaxDeliveries { get; init; } = DefaultMaxDeliveries;

    /// <summary>
    /// How often a lane with ready messages is passed over before it is served; 1 to 1,000,000,
    /// default 16.
    /// </summary>
    public int StarvationLimit { get; init; } = DefaultStarvationLimit;

    /// <summary>
    /// How long a deduplication id is remembered, on the wall clock; 1 ms to 7 days, default 5
    /// minutes.
    /// </summary>
    public TimeSpan DeduplicationWindow { get; init; } = DefaultDeduplicationWindow;

    /// <summary>Most messages, leased and scheduled ones included; default null: no limit.</summary>
    public long? MaxMessages { get; init; }

    /// <summary>Most bytes of messages as they are stored; default null: no limit.</summary>
    public long? MaxBytes { get; init; }

    /// <summary>What happens at <see cref="MaxMessages"/> and <see cref="MaxBytes"/>.</summary>
    public QueueLimitAction AtLimit { get; init; } = QueueLimitAction.Reject;

    /// <summary>
    /// From when on a message is no longer delivered, counted from its enqueueing on the wall clock;
    /// default null: never.
    /// </summary>
    public TimeSpan? MaxAge { get; init; }

    /// <summary>Checks every value against its range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of its range.</exception>
    public void Validate()
    {
        CheckDuration(LeaseDuration, nameof(LeaseDuration));
        CheckDuration(DeduplicationWindow, nameof(DeduplicationWindow));
        Require(
            MaxDeliveries is >= 0 and <= ushort.MaxValue, MaxDeliveries, nameof(MaxDeliveries));
        Require(StarvationLimit is >= 1 and <= 1_000_000, StarvationLimit, nameof(StarvationLimit));
        Require(MaxMessages is null or >= 1, MaxMessages, nameof(MaxMessages));
        Require(MaxBytes is null or >= 1, MaxBytes, nameof(MaxBytes));
        Require(MaxAge is null || MaxAge > TimeSpan.Zero, MaxAge, nameof(MaxAge));
        Require(AtLimit is QueueLimitAction.Reject or QueueLimitAction.DropOldest, AtLimit,
            nameof(AtLimit));
    }

    /// <summary>Names of the options that have other values.</summary>
    internal static IReadOnlyList<string> NamesOfDifferences(QueueOptions one, QueueOptions other) =>
    [
        .. new (string Name, object? Left, object? Right)[]
        {
            (nameof(LeaseDuration), one.LeaseDuration, other.LeaseDuration),
            (nameof(MaxDeliveries), one.MaxDeliveries, other.MaxDeliveries),
            (nameof(StarvationLimit), one.StarvationLimit, other.StarvationLimit),
            (nameof(DeduplicationWindow), one.DeduplicationWindow, other.DeduplicationWindow),
            (nameof(MaxMessages), one.MaxMessages, other.MaxMessages),
            (nameof(MaxBytes), one.MaxBytes, other.MaxBytes),
            (nameof(AtLimit), one.AtLimit, other.AtLimit),
            (nameof(MaxAge), one.MaxAge, other.MaxAge),
        }.Where(option => !Equals(option.Left, option.Right)).Select(option => option.Name),
    ];

    /// <exception cref="ArgumentOutOfRangeException">It is no duration of a lease or window.</exception>
    internal static void CheckDuration(TimeSpan value, string name) =>
        Require(value >= TimeSpan.FromMilliseconds(1) && value <= MaxLeaseDuration, value, name);

    /// <summary>Of its type: a value that is in its range costs nothing.</summary>
    private static void Require<T>(bool holds, T value, string name)
    {
        if (!holds)
        {
            throw new ArgumentOutOfRangeException(
                name, value, $"{name} is out of its range; see docs/options.md.");
        }
    }
}
