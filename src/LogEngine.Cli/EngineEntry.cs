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
        async Task TakeAsync(string kind, string name, string keyspace, params string[] others)
        {
            long count = await EnginePlace.KeyspaceOf(engine, keyspace).CountAsync(cancellationToken);
            entries.Add(new EngineEntry(kind, name, count));
            rest.Remove(keyspace);
            rest.ExceptWith(others);
        }

        foreach (string name in await engine.ListQueuesAsync(cancellationToken))
        {
            string queue = $"queue/{name}/";
            if (!rest.Contains(queue + "messages") && !rest.Contains(queue + "meta"))
            {
                entries.Add(await OfQueueAsync(engine, name, cancellationToken));
                continue;
            }

            await TakeAsync(
                "queue",
                name,
                queue + "messages",
                queue + "attempts",
                queue + "dedupe",
                queue + "dead",
                queue + "meta");
        }

        foreach (string name in await engine.ListTopicsAsync(cancellationToken))
        {
            string topic = $"topic/{name}/";
            await TakeAsync("topic", name, topic + "records", topic + "cursors", topic + "ends");
        }

        foreach (string keyspace in rest.ToList())
        {
            string? store = _stores.FirstOrDefault(
                kind => keyspace.StartsWith(kind + "/", StringComparison.Ordinal));
            await TakeAsync(
                store ?? "keyspace",
                store is null ? keyspace : keyspace[(store.Length + 1)..],
                keyspace);
        }

        for (int i = 0; i < entries.Count; i++)
        {
            // Their keyspaces hold pieces, references and numbers too.
            long? counted = entries[i].Kind switch
            {
                "blobs" => await CountBlobsAsync(engine, entries[i].Name, cancellationToken),
                "checkpoints" => await CountCheckpointsAsync(engine, entries[i].Name, cancellationToken),
                _ => null,
            };
            entries[i] = entries[i] with { Entries = counted ?? entries[i].Entries };
        }

        return entries.OrderBy(entry => entry.Kind, StringComparer.Ordinal)
            .ThenBy(entry => entry.Name, StringComparer.Ordinal);
    }

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
            count += await store.CountOfAsync(of, cancellationToken);
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
