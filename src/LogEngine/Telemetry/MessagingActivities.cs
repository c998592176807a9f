using System.Diagnostics;

namespace LogEngine.Telemetry;

/// <summary>
/// Activities of queues and topics, named and tagged as OpenTelemetry's conventions for messaging have it.
/// </summary>
internal static class MessagingActivities
{
    internal const string DestinationTag = "messaging.destination.name";
    internal const string SystemTag = "messaging.system";
    internal const string SystemName = "logengine";
    internal const string MessageIdTag = "messaging.message.id";
    internal const string BodySizeTag = "messaging.message.body.size";
    internal const string BatchCountTag = "messaging.batch.message_count";
    internal const string GroupTag = "messaging.consumer.group.name";

    private const string ErrorTag = "error.type";

    /// <summary>Somebody listens to activities.</summary>
    internal static bool IsTraced => Instrumentation.Activities.HasListeners();

    /// <summary>Begins one; null where nobody wants it.</summary>
    /// <param name="operation">send, receive or process.</param>
    /// <param name="kind">Which side of a message it is.</param>
    /// <param name="destination">The queue's or the topic's name.</param>
    /// <param name="destinationKind">queue or topic.</param>
    /// <param name="parent">What it is a part of; the current activity where that is none.</param>
    /// <param name="links">What else it has to do with.</param>
    /// <param name="begunAt">When it began; now where null.</param>
    internal static Activity? Start(
        string operation,
        ActivityKind kind,
        string destination,
        string destinationKind,
        ActivityContext parent = default,
        IEnumerable<ActivityLink>? links = null,
        DateTimeOffset? begunAt = null) => Instrumentation.Activities.StartActivity(
            $"{operation} {destination}",
            kind,
            parent,
            [
                new(SystemTag, SystemName),
                new(DestinationTag, destination),
                new("messaging.operation.name", operation),
                new("messaging.operation.type", operation),
                new("logengine.destination.kind", destinationKind),
            ],
            links,
            begunAt ?? default);

    /// <summary>It ends with a failure.</summary>
    internal static void Fail(Activity? activity, Exception error) =>
        activity?.SetStatus(ActivityStatusCode.Error, error.Message)
            .SetTag(ErrorTag, error.GetType().FullName);
}
