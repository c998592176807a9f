using System.Diagnostics;
using System.Diagnostics.Metrics;
using LogEngine.Telemetry;
using Microsoft.Extensions.Logging;

namespace LogEngine.Stores.Queues;

/// <summary>Instruments and activities of open queues.</summary>
internal static class QueueMetrics
{
    private const string Kind = "queue";

    private static readonly Observed<QueueStatistics> Queues = Create();

    private static readonly Histogram<double> TimeInQueue =
        Instrumentation.Seconds(
            "logengine.queue.time_in_queue",
            "From enqueueing to delivery, on the wall clock.",
            [0.001, 0.01, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3600, 14_400, 86_400]);

    private static readonly Histogram<double> ProcessDuration =
        Instrumentation.Seconds(
            "messaging.process.duration",
            "Time that a processor's handler took.",
            [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]);

    internal static void Enter(SharedQueue queue) =>
        Queues.Enter(queue, () => queue.Statistics, Tag(queue.Name));

    internal static void Leave(SharedQueue queue) => Queues.Leave(queue);

    /// <summary>A queue whose statistics have to be asked for is there until the result is disposed.</summary>
    internal static IDisposable Show(DurableQueue queue)
    {
        Asked<QueueStatistics> asked = new(() => queue.GetStatisticsAsync(queue.Engine.Stopping));
        Queues.Enter(asked, asked.Current, Tag(queue.Name));
        return new Shown(asked);
    }

    internal static void Delivered(
        string queue, DateTimeOffset enqueuedAt, TimeProvider time, ILogger logger)
    {
        if (!TimeInQueue.Enabled)
        {
            return;
        }

        try
        {
            double seconds = (time.GetUtcNow() - enqueuedAt).TotalSeconds;
            TimeInQueue.Record(Math.Max(0, seconds), Tag(queue));
        }
#pragma warning disable CA1031 // A listener's mistake must not keep the message from its receiver.
        catch (Exception error)
        {
            LogEvents.CallbackFailed(logger, nameof(MeterListener), error);
        }
#pragma warning restore CA1031
    }

    internal static void Processed(DurableQueue queue, TimeSpan took, Exception? failure)
    {
        if (!ProcessDuration.Enabled)
        {
            return;
        }

        TagList tags = new()
        {
            Tag(queue.Name),
            { MessagingActivities.SystemTag, MessagingActivities.SystemName },
        };
        if (failure is not null)
        {
            tags.Add("error.type", failure.GetType().FullName);
        }

        try
        {
            ProcessDuration.Record(took.TotalSeconds, tags);
        }
#pragma warning disable CA1031 // A listener's mistake is none of the handler's.
        catch (Exception error)
        {
            LogEvents.CallbackFailed(queue.Logger, nameof(MeterListener), error);
        }
#pragma warning restore CA1031
    }

    /// <summary>
    /// Enqueues a message in an activity, if somebody wants one. The activity is begun in here, where it is current until
    /// the end: begun by a caller that is not asynchronous itself, it would stay current for whoever called that.
    /// </summary>
    /// <param name="queue">The queue's name.</param>
    /// <param name="message">The message.</param>
    /// <param name="enqueue">Enqueues it, with the activity in its headers.</param>
    internal static async ValueTask<EnqueueResult> TracedAsync(
        string queue, QueueMessage message, Func<QueueMessage, ValueTask<EnqueueResult>> enqueue)
    {
        using Activity? activity = StartSending(queue);
        activity?.SetTag(MessagingActivities.BodySizeTag, message.Body.Length);
        try
        {
            EnqueueResult result = await enqueue(Marked(message, activity)).ConfigureAwait(false);
            activity?.SetTag(MessagingActivities.MessageIdTag, result.Id);
            return result;
        }
        catch (Exception error)
        {
            MessagingActivities.Fail(activity, error);
            throw;
        }
    }

    /// <summary>The same for several messages, in one activity.</summary>
    internal static async ValueTask<IReadOnlyList<EnqueueResult>> TracedManyAsync(
        string queue,
        IReadOnlyList<QueueMessage> messages,
        Func<IReadOnlyList<QueueMessage>, ValueTask<IReadOnlyList<EnqueueResult>>> enqueue)
    {
        using Activity? activity = StartSending(queue);
        activity?.SetTag(MessagingActivities.BatchCountTag, messages.Count);
        try
        {
            return await enqueue([.. messages.Select(message => Marked(message, activity))])
                .ConfigureAwait(false);
        }
        catch (Exception error)
        {
            MessagingActivities.Fail(activity, error);
            throw;
        }
    }

    /// <summary>
    /// A message that a batch takes to the queue, with the activity in which that is said: the commit, which may
    /// be another's, comes later.
    /// </summary>
    internal static QueueMessage InBatch(QueueMessage message) =>
        message is not null && MessagingActivities.IsTraced
            ? Marked(message, Activity.Current)
            : message!;

    /// <summary>The handling of a message, in the trace that sent it; null where nobody traces.</summary>
    internal static Activity? StartProcessing(ILogger logger, QueueDelivery delivery)
    {
        if (!MessagingActivities.IsTraced)
        {
            return null;
        }

        try
        {
            bool isSent = LogEngineTelemetry.TryReadTraceContext(
                delivery.Headers, out ActivityContext sender);
            return MessagingActivities.Start(
                "process",
                ActivityKind.Consumer,
                delivery.QueueName,
                Kind,
                sender,
                isSent ? [new ActivityLink(sender)] : null)?
                .SetTag(MessagingActivities.MessageIdTag, delivery.Id)
                .SetTag(MessagingActivities.BodySizeTag, delivery.Body.Length)
                .SetTag("logengine.message.delivery_count", delivery.DeliveryCount);
        }
#pragma warning disable CA1031 // A listener's mistake must not keep the message from its handler.
        catch (Exception error)
        {
            LogEvents.CallbackFailed(logger, nameof(ActivityListener), error);
            return null;
        }
#pragma warning restore CA1031
    }

    private static Activity? StartSending(string queue) =>
        MessagingActivities.Start("send", ActivityKind.Producer, queue, Kind);

    /// <summary>The message with the trace that sends it, unless it has one.</summary>
    private static QueueMessage Marked(QueueMessage message, Activity? activity)
    {
        IReadOnlyDictionary<string, string>? headers = TraceHeaders.With(message.Headers, activity);
        return ReferenceEquals(headers, message.Headers)
            ? message
            : message with { Headers = headers };
    }

    private static KeyValuePair<string, object?> Tag(string queue) =>
        new(MessagingActivities.DestinationTag, queue);

    private static Observed<QueueStatistics> Create()
    {
        Observed<QueueStatistics> o = new();
        o.UpDown("logengine.queue.messages", "{message}", "Messages by where they are.",
            "logengine.queue.state",
            ("ready", s => s.Ready),
            ("scheduled", s => s.Scheduled),
            ("held_back", s => s.HeldBack),
            ("leased", s => s.Leased),
            ("dead", s => s.Dead));
        o.UpDown("logengine.queue.size", "By", "Bytes of messages as they are stored.",
            s => s.Bytes);
        o.Counter("logengine.queue.enqueued", "{message}", "Messages enqueued.", s => s.Enqueued);
        o.Counter("logengine.queue.duplicates", "{message}", "Messages refused as duplicates.",
            s => s.Duplicates);
        o.Counter("logengine.queue.rejected", "{message}", "Messages refused by a full queue.",
            s => s.Rejected);
        o.Counter("logengine.queue.delivered", "{message}", "Deliveries.", s => s.Delivered);
        o.Counter("logengine.queue.redelivered", "{message}", "Deliveries beyond the first.",
            s => s.Redelivered);
        o.Counter("logengine.queue.acknowledged", "{message}", "Messages acknowledged.",
            s => s.Acknowledged);
        o.Counter("logengine.queue.refused", "{message}", "Negative acknowledgements.",
            s => s.NegativelyAcknowledged);
        o.Counter("logengine.queue.leases_expired", "{message}", "Leases that expired.",
            s => s.LeasesExpired);
        o.Counter("logengine.queue.dead_lettered", "{message}", "Messages moved to dead letters.",
            s => s.DeadLettered);
        o.Counter("logengine.queue.dropped", "{message}", "Messages dropped at a limit.",
            s => s.Dropped);
        o.Counter("logengine.queue.expired", "{message}", "Messages found expired.",
            s => s.Expired);
        o.Counter("logengine.queue.deleted", "{message}", "Waiting messages removed by their id.",
            s => s.Deleted);
        o.Counter("logengine.queue.unreadable", "{message}", "Messages whose bodies are damaged.",
            s => s.Unreadable);
        return o;
    }

    private sealed class Shown(Asked<QueueStatistics> asked) : IDisposable
    {
        public void Dispose() => Queues.Leave(asked);
    }
}
