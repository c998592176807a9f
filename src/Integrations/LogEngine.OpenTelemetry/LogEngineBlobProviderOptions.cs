namespace LogEngine.OpenTelemetry;

/// <summary>How much a blob provider keeps, for how long, and where.</summary>
/// <remarks>Mutable, as the framework's options are; checked when the provider is made.</remarks>
public sealed class LogEngineBlobProviderOptions
{
    /// <summary>Default of <see cref="MaxSizeBytes"/>: 50 MiB.</summary>
    public static long DefaultMaxSizeBytes => 50L << 20;

    /// <summary>Default of <see cref="RetentionPeriod"/>: 2 days.</summary>
    public static TimeSpan DefaultRetentionPeriod => TimeSpan.FromDays(2);

    /// <summary>Largest <see cref="RetentionPeriod"/>: 3,650 days.</summary>
    public static TimeSpan MaxRetentionPeriod => TimeSpan.FromDays(3650);

    /// <summary>
    /// Name of the engine, as <c>AddLogEngine</c> was told it; default null: the <see cref="StorageEngine"/> that
    /// the container gives without a key. Not looked at where the provider is given its engine.
    /// </summary>
    public string? Engine { get; set; }

    /// <summary>
    /// Name of the store in its engine, not empty, default <c>default</c>. Providers with the same one share its blobs.
    /// </summary>
    public string Store { get; set; } = "default";

    /// <summary>
    /// Most bytes of all blobs together, as they were given, from 1, default 50 MiB. What comes when there is no room
    /// for it is refused; what is there stays.
    /// </summary>
    public long MaxSizeBytes { get; set; } = DefaultMaxSizeBytes;

    /// <summary>
    /// How long a blob is kept, longer than zero, up to 3,650 days, default 2 days. It is absent from then on, by the
    /// engine's clock.
    /// </summary>
    public TimeSpan RetentionPeriod { get; set; } = DefaultRetentionPeriod;

    /// <summary>
    /// What a blob survives once it was created, and a lease and a deletion too; default
    /// <see cref="Durability.ProcessCrash"/>. A power loss may then take the last blobs, and bring back the last that
    /// were deleted.
    /// </summary>
    public Durability Durability { get; set; } = Durability.ProcessCrash;

    /// <summary>Checks every value against its range.</summary>
    /// <exception cref="ArgumentException">A value is out of its range.</exception>
    public void Validate()
    {
        if (Problem() is { } problem)
        {
            throw new ArgumentException(problem);
        }
    }

    /// <summary>What is wrong with them; null where nothing is.</summary>
    internal string? Problem() =>
        Engine is { Length: 0 } ? $"{nameof(Engine)} is empty; leave it null for the engine without a key."
        : string.IsNullOrEmpty(Store) ? $"{nameof(Store)} is empty."
        : MaxSizeBytes < 1 ? $"{nameof(MaxSizeBytes)} is {MaxSizeBytes}; it must be at least 1."
        : RetentionPeriod <= TimeSpan.Zero || RetentionPeriod > MaxRetentionPeriod
            ? $"{nameof(RetentionPeriod)} is {RetentionPeriod}; it must be longer than zero and at most "
                + $"{MaxRetentionPeriod}."
        : !Enum.IsDefined(Durability) ? $"{nameof(Durability)} is none of its values."
        : null;
}
