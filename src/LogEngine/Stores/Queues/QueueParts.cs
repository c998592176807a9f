using LogEngine.Telemetry;
using Microsoft.Extensions.Logging;

namespace LogEngine.Stores.Queues;

/// <summary>What every path through one object of a queue works on.</summary>
internal sealed record QueueParts(
    EmbeddedEngine Engine,
    string Name,
    QueueOptions Options,
    QueueKeyspaces Keyspaces,
    QueueState State,
    QueueUser User)
{
    internal ILogger Logger { get; } =
        LogCategories.Create(Engine.LoggerFactory, LogCategories.Queue);

    internal DateTimeOffset Now => Engine.TimeProvider.GetUtcNow();

    /// <summary>
    /// Removes a message. What was counted of its deliveries goes once it is gone:
    /// <see cref="DeliveryCounts"/>.
    /// </summary>
    internal void Delete(WriteBatch batch, in QueueEntry entry)
    {
        Span<byte> key = stackalloc byte[QueueEntry.MaxKeySize];
        batch.Delete(Keyspaces.Messages, key[..entry.WriteKey(key)]);
    }
}
