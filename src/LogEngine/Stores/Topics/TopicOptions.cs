namespace LogEngine.Stores.Topics;

/// <summary>How long a <see cref="Topic"/> keeps its records. Immutable; not stored: each object keeps to its own.</summary>
/// <remarks>
/// With neither limit a record is kept until every group has passed it, and for ever while there is no
/// group. With one, the topic waits for nobody.
/// </remarks>
public sealed record TopicOptions
{
    /// <summary>Most records kept, about: removed in steps; default null: by groups.</summary>
    public long? MaxRecords { get; init; }

    /// <summary>How long a record is kept, on the wall clock; default null: by groups.</summary>
    public TimeSpan? MaxAge { get; init; }

    /// <summary>
    /// How many records fall away before they are removed, as one range; 1 to 1,000,000, default
    /// 1,000.
    /// </summary>
    public int TrimStep { get; init; } = 1000;

    internal bool WaitsForGroups => MaxRecords is null && MaxAge is null;

    /// <summary>Checks every value against its range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of its range.</exception>
    public void Validate()
    {
        if (MaxRecords < 1 || MaxAge <= TimeSpan.Zero || TrimStep is < 1 or > 1_000_000)
        {
            throw new ArgumentOutOfRangeException(
                nameof(TopicOptions), "A topic option is out of its range; see docs/options.md.");
        }
    }
}
