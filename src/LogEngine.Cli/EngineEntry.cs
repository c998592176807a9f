using LogEngine.Stores;
using LogEngine.Stores.Queues;
using LogEngine.Stores.Topics;

namespace LogEngine.Cli;

/// <summary>Something that an engine holds under a name.</summary>
/// <param name="Kind">keyspace, queue, topic, documents, blobs, runs or checkpoints.</param>
/// <param name="Name">Its name.</param>
/// <param name="Entries">
/// Keys of a keyspace; messages of a queue, dead letters not among them; records of a topic; documents,
/// blobs, rows or checkpoints of a store.
/// </param>
internal readonly record struct EngineEntry(string Kind, string Name, long Entries)
{
    /// <summary>Kinds of which a store takes one keyspace: the kind, a slash, the name.</summary>
    private static readonly string[] _stores = ["blobs", "checkpoints", "documents", "runs"];

    /// <summary>All of them, by kind, then by name.</summary>
    internal static async Task<IEnumerable<EngineEntry>> OfAsync(
        StorageEngine engine, CancellationToken cancellationToken)
    {
        List<EngineEntry> entries = [];
        HashSet<string> rest = [.. await engine.ListKeyspacesAsync(cancellationToken)];
        foreach (string name in await engine.ListQueuesAsync(cancellationToken))
        {
            string queue = $"queue/{name}/";
            if (!rest.Contains(queue + "messages") && !rest.Contains(queue + "meta"))
            {
                entries.Add(await OfQueueAsync(engine, name, cancellationToken));
                continue;
            }

            entries.Add(new EngineEntry(
                "queue", name, await CountKeysAsync(engine, queue + "messages", cancellationToken)));
            rest.ExceptWith(
            [
                queue + "messages", queue + "attempts", queue + "dedupe", queue + "dead", queue + "meta",
            ]);
        }

        foreach (string name in await engine.ListTopicsAsync(cancellationToken))
        {
            string topic = $"topic/{name}/";
            entries.Add(new EngineEntry(
                "topic", name, await CountKeysAsync(engine, topic + "records", cancellationToken)));
            rest.ExceptWith([topic + "records", topic + "cursors", topic + "ends"]);
        }

        foreach (string keyspace in rest)
        {
            string? store = _stores.FirstOrDefault(
                kind => keyspace.StartsWith(kind + "/", StringComparison.Ordinal));
            string name = store is null ? keyspace : keyspace[(store.Length + 1)..];

            // Keyspaces of blobs and checkpoints hold pieces, references and numbers too.
            long count = store switch
            {
                "blobs" => await CountBlobsAsync(engine, name, cancellationToken),
                "checkpoints" => await CountCheckpointsAsync(engine, name, cancellationToken),
                _ => await CountKeysAsync(engine, keyspace, cancellationToken),
            };
            entries.Add(new EngineEntry(store ?? "keyspace", name, count));
        }

        return entries.OrderBy(entry => entry.Kind, StringComparer.Ordinal)
            .ThenBy(entry => entry.Name, StringComparer.Ordinal);
    }

    private static ValueTask<long> CountKeysAsync(
        StorageEngine engine, string keyspace, CancellationToken cancellationToken) =>
        EnginePlace.KeyspaceOf(engine, keyspace).CountAsync(cancellationToken);

    private static async Task<long> CountBlobsAsync(
        StorageEngine engine, string name, CancellationToken cancellationToken)
    {
        BlobStore store = await engine.OpenBlobsAsync(name, cancellationToken: cancellationToken);
        return await store.ListAsync(cancellationToken: cancellationToken)
            .LongCountAsync(cancellationToken);
    }

    private static async Task<long> CountCheckpointsAsync(
        StorageEngine engine, string name, CancellationToken cancellationToken)
    {
        CheckpointStore store = await engine.OpenCheckpointsAsync(
            name, cancellationToken: cancellationToken);
        long count = 0;
        await foreach (string of in store.ListNamesAsync(cancellationToken: cancellationToken))
        {
            count += await store.CountAsync(of, null, cancellationToken);
        }

        return count;
    }

    /// <summary>A queue of an engine that keeps its queues elsewhere than in keyspaces.</summary>
    private static async Task<EngineEntry> OfQueueAsync(
        StorageEngine engine, string name, CancellationToken cancellationToken)
    {
        await using DurableQueue queue = await engine.OpenQueueAsync(
            name, cancellationToken: cancellationToken);
        QueueStatistics found = await queue.GetStatisticsAsync(cancellationToken);
        return new EngineEntry("queue", name, found.Ready + found.Scheduled + found.Leased);
    }
}
