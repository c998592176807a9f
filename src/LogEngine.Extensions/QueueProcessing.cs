using LogEngine.Stores.Messages;
using LogEngine.Stores.Queues;

namespace LogEngine.Extensions;

/// <summary>
/// What an application does with the messages of a queue: put together while services are added, read from
/// then on.
/// </summary>
/// <param name="queue">The queue's name.</param>
internal sealed class QueueProcessing(string queue)
{
    private readonly Dictionary<string, MessageHandler> _byType = new(StringComparer.Ordinal);
    private MessageHandler? _others;

    internal string Queue => queue;

    internal QueueProcessorOptions Options { get; set; } = new();

    internal UnknownMessages Unknown { get; set; }

    /// <summary>Without one nothing is received: no message is lost to a program that only sends.</summary>
    internal bool HasHandlers => _byType.Count > 0 || _others is not null;

    /// <exception cref="ArgumentException">There is one for this type already.</exception>
    internal void Add(string type, MessageHandler handler)
    {
        if (!_byType.TryAdd(type, handler))
        {
            throw new ArgumentException(
                $"Queue '{queue}' has a handler for messages of type '{type}' already.");
        }
    }

    /// <exception cref="ArgumentException">There is one already.</exception>
    internal void AddForOthers(MessageHandler handler) => _others = _others is null
        ? handler
        : throw new ArgumentException(
            $"Queue '{queue}' has a handler for messages of any type already.");

    /// <exception cref="UnknownMessageTypeException">No handler takes it.</exception>
    internal MessageHandler Find(QueueDelivery delivery)
    {
        string? type = MessageType.NameIn(delivery.Headers);
        return type is not null && _byType.TryGetValue(type, out MessageHandler? handler) ? handler
            : _others ?? throw new UnknownMessageTypeException(
                queue, delivery.Id, type, [.. _byType.Keys.Order(StringComparer.Ordinal)]);
    }
}
