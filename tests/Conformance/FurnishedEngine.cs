using System.Text;
using LogEngine.Stores.Queues;
using LogEngine.Stores.Topics;

namespace LogEngine.Conformance;

/// <summary>An engine with something of everything in it, and a look at all of that.</summary>
internal static class FurnishedEngine
{
    private const int Orders = 200;

    /// <summary>Puts something of everything into an engine; queues where it has any.</summary>
    internal static async Task FillAsync(StorageEngine engine, bool hasQueues, bool isSmall = false)
    {
        await FillKeyspacesAsync(engine, isSmall);
        DocumentStore documents = await engine.OpenDocumentsAsync("people");
        await documents.SaveAsync("ada", "{\"born\":1815}"u8.ToArray());
        RunLog runs = await engine.OpenRunsAsync("runs");
        await runs.AppendAsync("run", new RunRow(1, "started", "task", "data"u8.ToArray()));
        CheckpointStore checks = await engine.OpenCheckpointsAsync("checks");
        await checks.SaveAsync("run", "state"u8.ToArray());
        BlobStore blobs = await engine.OpenBlobsAsync("files", new BlobStoreOptions { ChunkBytes = 600 });
        await blobs.PutAsync(Bytes(5, 3000), new BlobDescription("a/b"));
        await using (Topic topic = await engine.OpenTopicAsync("news"))
        {
            await topic.AppendManyAsync([Bytes(1, 10), Bytes(2, 10), Bytes(3, 10)]);
            ConsumerGroup group = await topic.GetGroupAsync("readers");
            await group.ResetAsync(2);
        }

        if (hasQueues)
        {
            await FillQueueAsync(engine);
        }
    }

    /// <summary>Everything that can be seen of it by its contract, a line each, without versions.</summary>
    internal static async Task<List<string>> ListAsync(StorageEngine engine, bool hasQueues)
    {
        List<string> lines = [];
        IQueueProvider? queues = hasQueues ? EngineQueues.ProviderOf(engine) : null;
        IReadOnlyList<string> names = hasQueues ? await engine.ListQueuesAsync() : [];
        HashSet<string> ofQueues = [.. names.SelectMany(queue => queues!.KeyspacesOf(queue))];
        foreach (string name in await engine.ListKeyspacesAsync())
        {
            if (ofQueues.Contains(name))
            {
                continue;
            }

            lines.Add(name);
            await foreach (KeyValueEntry entry in KeyspaceOf(engine, name).Scan())
            {
                lines.Add($"  {Convert.ToHexString(entry.Key.Span)} {Convert.ToHexString(entry.Value.Span)} "
                    + $"{entry.Info.ExpiresAt?.UtcTicks}");
            }
        }

        foreach (string queue in names)
        {
            lines.Add($"queue {queue}");
            await using ReadView view = await engine.OpenReadViewAsync();
            List<string> records = [];
            await foreach (QueueRecord record in queues!.ExportAsync(queue, view, default))
            {
                if (record.Kind != QueueRecordKind.Ids)
                {
                    records.Add(Line(record));
                }
            }

            lines.AddRange(records.Order(StringComparer.Ordinal));
        }

        return lines;
    }

    /// <summary>Keys of a keyspace, in the order of their versions.</summary>
    internal static async Task<List<string>> ByVersionAsync(StorageEngine engine, string keyspace) =>
    [
        .. (await KeyspaceOf(engine, keyspace).Scan().ReadAllAsync().ToListAsync())
            .OrderBy(entry => entry.Info.Version).Select(entry => entry.KeyText),
    ];

    internal static byte[] Bytes(int seed, int length)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    internal static Keyspace KeyspaceOf(StorageEngine engine, string name) =>
        StorageEngine.IsReservedName(name) ? engine.GetStoreKeyspace(name) : engine.GetKeyspace(name);

    private static async Task FillKeyspacesAsync(StorageEngine engine, bool isSmall)
    {
        // In an order that is not that of the keys, some overwritten, removed, with an expiry.
        Keyspace orders = engine.GetKeyspace("orders");
        int number = isSmall ? 20 : Orders;
        for (int i = 0; i < number; i++)
        {
            await orders.PutAsync(Key(i * 7919 % number), Bytes(i, i % 300), Durability.None);
        }

        for (int i = 0; i < number; i += 9)
        {
            await orders.PutAsync(Key(i), Bytes(-i - 1, 20), Durability.None);
        }

        await orders.DeleteAsync(Key(5));
        await orders.PutAsync(
            Key(6), "soon gone"u8.ToArray(), expiresAt: engine.TimeProvider.GetUtcNow().AddHours(3));
        await orders.TouchAsync(Key(7), engine.TimeProvider.GetUtcNow().AddDays(1));
        await engine.GetKeyspace("large").PutAsync(
            new byte[] { 0, 255 }, Bytes(3, isSmall ? 40_000 : 3 << 20));
        Keyspace emptied = engine.GetKeyspace("emptied/ü");
        await emptied.PutAsync(new byte[] { 1 }, default);
        await emptied.DeleteAsync(new byte[] { 1 });
    }

    private static async Task FillQueueAsync(StorageEngine engine)
    {
        QueueOptions options = new() { MaxDeliveries = 2 };
        await using DurableQueue queue = await engine.OpenQueueAsync("jobs", options);
        await queue.EnqueueAsync(new QueueMessage("dies"u8.ToArray())
        {
            Lane = 0,
            GroupId = "g",
            Headers = new Dictionary<string, string> { ["a"] = "1", ["b"] = "" },
        });
        QueueDelivery dies = (await queue.TryReceiveAsync())!;
        await queue.DeadLetterAsync(dies.Lease, "it is wrong");
        await queue.EnqueueAsync(new QueueMessage("refused"u8.ToArray()) { Lane = 0 });
        QueueDelivery refused = (await queue.TryReceiveAsync())!;
        await queue.NegativeAcknowledgeAsync(refused.Lease, TimeSpan.FromHours(1));
        await queue.EnqueueAsync(new QueueMessage("leased"u8.ToArray()) { Lane = 1 });
        Assert.Equal("leased", Encoding.UTF8.GetString((await queue.TryReceiveAsync())!.Body.Span));
        await queue.EnqueueAsync(new QueueMessage("later"u8.ToArray()) { Delay = TimeSpan.FromHours(2) });
        await queue.EnqueueAsync(new QueueMessage("once"u8.ToArray()) { DeduplicationId = "only" });
        await queue.EnqueueAsync(
            new QueueMessage("short-lived"u8.ToArray()) { TimeToLive = TimeSpan.FromHours(5) });
        for (int i = 0; i < 4; i++)
        {
            await queue.EnqueueAsync(new QueueMessage(new byte[] { (byte)i })
            {
                GroupId = $"group {i % 2}",
            });
        }
    }

    private static string Line(QueueRecord record) => string.Join(
        '|',
        record.Kind, record.Id, record.Lane, record.GroupId, Convert.ToHexString(record.Body.Span),
        string.Join(',', record.Headers.OrderBy(header => header.Key)), record.EnqueuedAt.UtcTicks,
        record.DueAt?.UtcTicks, record.ExpiresAt?.UtcTicks, record.DeliveryCount, record.DiedAt.UtcTicks,
        record.Reason, record.IsUnreadable, Convert.ToHexString(record.DeduplicationId.Span));

    private static byte[] Key(int number) => Encoding.UTF8.GetBytes($"order {number:D4}");
}
