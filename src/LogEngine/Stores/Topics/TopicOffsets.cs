namespace LogEngine.Stores.Topics;

/// <summary>Where a topic ends, and who gives the next offset.</summary>
/// <remarks>Thread-safe.</remarks>
internal abstract class TopicOffsets
{
    /// <summary>
    /// Offset behind the last record that may be read, as far as this process has seen; where no other one
    /// works on the topic, that is the end.
    /// </summary>
    internal abstract long SeenEnd { get; }

    /// <summary>
    /// How long a reader waits at most before it looks again; null where it is told of everything.
    /// </summary>
    internal abstract TimeSpan? LongestPause { get; }

    /// <summary>
    /// Offset behind the last record that may be read: every offset below it has its record, or never will.
    /// </summary>
    internal abstract ValueTask<long> GetEndAsync(CancellationToken cancellationToken);

    /// <summary>Records that a batch is to append.</summary>
    internal abstract TopicAppend Prepare(TopicUser user, NewRecords records);

    /// <summary>Appends records in a commit of their own; gives what was appended.</summary>
    internal abstract ValueTask<TopicAppend> AppendAsync(
        TopicUser user,
        NewRecords records,
        Durability? durability,
        CancellationToken cancellationToken);

    /// <summary>The end of a topic by its last record, or the last that has expired; 1 for an empty one.</summary>
    internal static async ValueTask<long> BehindLastAsync(
        TopicKeyspaces keyspaces, CancellationToken cancellationToken)
    {
        long next = 1;
        foreach (Keyspace ends in (Keyspace[])[keyspaces.Records, keyspaces.Ends])
        {
            KeyValueEntry? last = await ends
                .GetFirstAsync(new ScanRange(default, Reverse: true), cancellationToken)
                .ConfigureAwait(false);
            next = last is null
                ? next
                : Math.Max(next, TopicKeyspaces.OffsetOf(last.Key.Span) + 1);
        }

        return next;
    }
}
