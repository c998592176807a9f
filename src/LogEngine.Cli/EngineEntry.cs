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
            if (entries[i].Kind == "blobs")
            {
                // Its keyspace holds pieces and references too.
                BlobStore store = await engine.OpenBlobsAsync(
                    entries[i].Name, cancellationToken: cancellationToken);
                long blobs = await store.ListAsync(cancellationToken: cancellationToken)
                    .LongCountAsync(cancellationToken);
                entries[i] = entries[i] with { Entries = blobs };
            }
        }

        return entries.OrderBy(entry => entry.Kind, StringComparer.Ordinal)
            .ThenBy(entry => entry.Name, StringComparer.Ordinal);
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
