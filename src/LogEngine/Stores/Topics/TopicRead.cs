namespace LogEngine.Stores.Topics;

/// <summary>What a group read.</summary>
/// <param name="Records">The records, in order; none where there was nothing.</param>
/// <param name="Missed">
/// Records that were removed before this group came to them; 0 unless the topic waits for nobody.
/// </param>
public sealed record TopicRead(IReadOnlyList<TopicRecord> Records, long Missed);
