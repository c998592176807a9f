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
    SettledAttempts Settled,
    QueueUser User)
{
    internal ILogger Logger { get; } =
        LogCategories.Create(Engine.LoggerFactory, LogCategories.Queue);

    internal DateTimeOffset Now => Engine.TimeProvider.GetUtcNow();

    /// <summary>Removes a message and what was counted of its deliveries.</summary>
    internal void Delete(WriteBatch batch, in QueueEntry entry)
    {
        Span<byte> key = stackalloc byte[QueueEntry.MaxKeySize];
        batch.Delete(Keyspaces.Messages, key[..entry.WriteKey(key)]);
        if (entry.Deliveries > 0)
        {
            batch.Delete(Keyspaces.Attempts, QueueEntry.IdKey(entry.Id));
        }
    }
}
