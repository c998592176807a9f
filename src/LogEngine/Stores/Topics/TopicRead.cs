namespace LogEngine.Stores.Topics;

/// <summary>What a group read.</summary>
/// <param name="records">The records, in order; none where there was nothing.</param>
/// <param name="missed">Records that were removed before this group came to them.</param>
public sealed class TopicRead(IReadOnlyList<TopicRecord> records, long missed)
{
    /// <summary>The records, in order; none where there was nothing.</summary>
    public IReadOnlyList<TopicRecord> Records { get; } = records;

    /// <summary>
    /// Records that were removed before this group came to them; 0 unless the topic waits for nobody.
    /// </summary>
    public long Missed { get; } = missed;
}
