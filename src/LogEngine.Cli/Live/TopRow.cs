namespace LogEngine.Cli.Live;

/// <summary>A keyspace, queue, topic or store at one moment.</summary>
/// <param name="Kind">What it is, as <c>ls</c> has it.</param>
/// <param name="Name">Its name.</param>
/// <param name="Entries">What it holds, as <c>ls</c> counts it.</param>
/// <param name="Position">What only rises: the end of a topic; null where entries come and go.</param>
/// <param name="Facts">More numbers with their names, in order.</param>
internal sealed record TopRow(
    string Kind,
    string Name,
    long Entries,
    long? Position,
    IReadOnlyList<(string Name, long Value)> Facts)
{
    /// <summary>How much it has grown, or shrunk, in a second since an earlier moment.</summary>
    internal double RateSince(TopRow? before, TimeSpan passed) =>
        before is null || passed <= TimeSpan.Zero
            ? 0
            : ((Position ?? Entries) - (before.Position ?? before.Entries)) / passed.TotalSeconds;
}
