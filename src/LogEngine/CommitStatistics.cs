namespace LogEngine;

/// <summary>What the commits of an engine came to since it was opened here. Immutable.</summary>
/// <remarks>
/// The difference of two of them, over the time in between, is a rate: <see cref="Groups"/> per second,
/// <see cref="Writes"/> in a group, <see cref="SyncTime"/> for each of <see cref="Syncs"/>.
/// </remarks>
public sealed record CommitStatistics
{
    /// <summary>Commits: groups of a log, transactions of a server.</summary>
    public required long Groups { get; init; }

    /// <summary>
    /// What they carried: records, or, on a server, writes as they were asked for, a batch being one.
    /// </summary>
    public required long Writes { get; init; }

    /// <summary>How often storage was waited for, to make what was written durable.</summary>
    public required long Syncs { get; init; }

    /// <summary>How long these waits took, together.</summary>
    public required TimeSpan SyncTime { get; init; }
}
