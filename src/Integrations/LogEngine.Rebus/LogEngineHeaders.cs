using LogEngine.Stores.Queues;

namespace LogEngine.Rebus;

/// <summary>Headers of a Rebus message that the transport takes for settings of the queue.</summary>
public static class LogEngineHeaders
{
    /// <summary>
    /// The group whose messages are handled in their order, one at a time: <see cref="QueueMessage.GroupId"/>.
    /// </summary>
    public const string GroupId = "logengine-group-id";

    /// <summary>The priority lane, 0 (first) to 7, default 4: <see cref="QueueMessage.Lane"/>.</summary>
    public const string Lane = "logengine-lane";
}
