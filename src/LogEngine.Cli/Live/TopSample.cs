using System.Diagnostics;
using LogEngine.Stores.Queues;
using LogEngine.Stores.Topics;

namespace LogEngine.Cli.Live;

/// <summary>A store, or a log, at one moment; only read, also beside a writer.</summary>
internal sealed class TopSample
{
    private readonly long _takenAt = Stopwatch.GetTimestamp();

    private TopSample(string place, DirectoryStat? stat, IReadOnlyList<TopRow> rows)
    {
        Place = EnginePlace.IsDatabase(place) ? "" : place;
        Stat = stat;
        Rows = rows;
        Holder = stat is { HasWriter: true } ? LockHolder.Of(place) : null;
        Time = DateTimeOffset.UtcNow;
    }

    /// <summary>The directory; empty for a database, whose connection string may hold a password.</summary>
    internal string Place { get; }

    /// <summary>What is in the directory; null for a database.</summary>
    internal DirectoryStat? Stat { get; }

    internal LockHolder? Holder { get; }

    internal DateTimeOffset Time { get; }

    /// <summary>By kind, then by name; none of a log.</summary>
    internal IReadOnlyList<TopRow> Rows { get; }

    internal static async Task<TopSample> TakeAsync(
        string place, CancellationToken cancellationToken)
    {
        DirectoryStat? stat = null;
        if (!EnginePlace.IsDatabase(place))
        {
            LogPlace.Require(place, "log or storage engine");
            stat = await LogDirectory.StatAsync(place, cancellationToken: cancellationToken);
        }

        // A log has no names in it.
        return stat?.Kind is "log" or "backup of a log"
            ? new TopSample(place, stat, [])
            : new TopSample(place, stat, await ReadRowsAsync(place, cancellationToken));
    }

    internal TimeSpan Since(TopSample earlier) =>
        Stopwatch.GetElapsedTime(earlier._takenAt, _takenAt);

    private static async Task<List<TopRow>> ReadRowsAsync(
        string place, CancellationToken cancellationToken)
    {
        await using StorageEngine engine = await EnginePlace.OpenReadOnlyAsync(
            place, cancellationToken);
        List<TopRow> rows = [];
        foreach (EngineEntry entry in await EngineEntry.OfAsync(engine, cancellationToken))
        {
            rows.Add(entry.Kind switch
            {
                "queue" => await OfQueueAsync(engine, entry, cancellationToken),
                "topic" => await OfTopicAsync(engine, entry, cancellationToken),
                _ => new TopRow(entry.Kind, entry.Name, entry.Entries, null, []),
            });
        }

        return rows;
    }

    private static async Task<TopRow> OfQueueAsync(
        StorageEngine engine, EngineEntry entry, CancellationToken cancellationToken)
    {
        await using DurableQueue queue = await engine.OpenQueueAsync(
            entry.Name, cancellationToken: cancellationToken);
        QueueStatistics found = await queue.GetStatisticsAsync(cancellationToken);
        return new TopRow(
            entry.Kind,
            entry.Name,
            entry.Entries,
            null,
            [
                ("ready", found.Ready),
                ("scheduled", found.Scheduled),
                ("heldBack", found.HeldBack),
                ("dead", found.Dead),
                ("bytes", found.Bytes),
            ]);
    }

    private static async Task<TopRow> OfTopicAsync(
        StorageEngine engine, EngineEntry entry, CancellationToken cancellationToken)
    {
        await using Topic topic = await engine.OpenTopicAsync(
            entry.Name, new TopicOptions { MaxRecords = long.MaxValue }, cancellationToken);
        long next = await topic.GetNextOffsetAsync(cancellationToken);
        IReadOnlyList<GroupStatus> groups = await topic.ListGroupsAsync(cancellationToken);
        return new TopRow(
            entry.Kind,
            entry.Name,
            entry.Entries,
            next,
            [
                ("next", next),
                ("groups", groups.Count),
                ("greatestLag", groups.Select(group => group.Lag).DefaultIfEmpty().Max()),
            ]);
    }
}
