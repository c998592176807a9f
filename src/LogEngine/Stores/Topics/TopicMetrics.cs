using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using LogEngine.Telemetry;

namespace LogEngine.Stores.Topics;

/// <summary>Instruments and activities of open topics.</summary>
internal static class TopicMetrics
{
    private const string Kind = "topic";

    /// <summary>A read has as many links at most; the specification leaves the limit to exporters.</summary>
    private const int MostLinks = 128;

    private static readonly ConcurrentDictionary<SharedTopic, bool> Open =
        new(ReferenceEqualityComparer.Instance);

    static TopicMetrics()
    {
        Instrumentation.Meter.CreateObservableCounter(
            "logengine.topic.appended",
            () => Open.Keys.Select(topic => Measure(topic, topic.Offsets.SeenEnd - 1)),
            "{record}",
            "Records ever appended to a topic.");
        Instrumentation.Meter.CreateObservableUpDownCounter(
            "logengine.topic.lag",
            () => Open.Keys.SelectMany(LagsOf),
            "{record}",
            "Records that a group has not read to their end.");
    }

    /// <summary>
    /// Shows a topic that this process alone works on. Of one that others work on too it knows only what it
    /// has seen, which would be shown as if it were so.
    /// </summary>
    internal static void Enter(SharedTopic topic)
    {
        if (!topic.IsShared)
        {
            Open[topic] = true;
        }
    }

    internal static void Leave(SharedTopic topic) => Open.TryRemove(topic, out _);

    /// <summary>
    /// Appends in an activity, if somebody wants one; it is begun in here, where it ends with the append.
    /// </summary>
    /// <param name="topic">The topic's name.</param>
    /// <param name="count">How many records.</param>
    /// <param name="append">Appends them, with the activity in their headers.</param>
    internal static async ValueTask<long> TracedAsync(
        string topic, int count, Func<Activity?, ValueTask<long>> append)
    {
        using Activity? activity = MessagingActivities.Start(
            "send", ActivityKind.Producer, topic, Kind);
        if (count > 1)
        {
            activity?.SetTag(MessagingActivities.BatchCountTag, count);
        }

        try
        {
            long first = await append(activity).ConfigureAwait(false);
            activity?.SetTag(MessagingActivities.MessageIdTag, first);
            return first;
        }
        catch (Exception error)
        {
            MessagingActivities.Fail(activity, error);
            throw;
        }
    }

    /// <summary>A group's read as an activity, once it has found records, linked to who appended them.</summary>
    internal static async ValueTask<TopicRead> ReceivedAsync(
        SharedTopic topic, string group, ValueTask<TopicRead> reading)
    {
        DateTimeOffset begunAt = topic.Engine.TimeProvider.GetUtcNow();
        TopicRead read = await reading.ConfigureAwait(false);
        if (read.Records.Count == 0)
        {
            return read;
        }

        try
        {
            using Activity? activity = MessagingActivities.Start(
                "receive",
                ActivityKind.Client,
                topic.Name,
                Kind,
                links: LinksOf(read),
                begunAt: begunAt);
            activity?.SetTag(MessagingActivities.GroupTag, group)
                .SetTag(MessagingActivities.BatchCountTag, read.Records.Count);
        }
#pragma warning disable CA1031 // A listener's mistake must not keep the records from their reader.
        catch (Exception error)
        {
            LogEvents.CallbackFailed(topic.Logger, nameof(ActivityListener), error);
        }
#pragma warning restore CA1031

        return read;
    }

    private static List<ActivityLink> LinksOf(TopicRead read)
    {
        List<ActivityLink> links = [];
        foreach (TopicRecord record in read.Records)
        {
            // Records that were appended together have one sender.
            if (LogEngineTelemetry.TryReadTraceContext(record.Headers, out ActivityContext sender)
                && (links.Count == 0 || links[^1].Context != sender))
            {
                links.Add(new ActivityLink(sender));
                if (links.Count == MostLinks)
                {
                    break;
                }
            }
        }

        return links;
    }

    private static IEnumerable<Measurement<long>> LagsOf(SharedTopic topic) =>
        topic.Groups.KnownStatuses(topic.Offsets.SeenEnd).Select(status => Measure(
            topic,
            status.Lag,
            new KeyValuePair<string, object?>(MessagingActivities.GroupTag, status.Name)));

    private static Measurement<long> Measure(
        SharedTopic topic, long value, params KeyValuePair<string, object?>[] more) => new(
            value,
            [new(MessagingActivities.DestinationTag, topic.Name), .. more]);
}
