using LogEngine.Stores;
using LogEngine.Stores.Queues;
using LogEngine.Stores.Topics;

namespace LogEngine.Unit.Engine;

/// <summary>
/// Case A10: a keyspace of the user's under a name that a store uses was accepted, and the store met
/// its bytes later as a bare <see cref="ArgumentOutOfRangeException"/>.
/// </summary>
public sealed class ReservedNamesTests
{
    [Theory]
    [InlineData("queue/x/messages", "queue/")]
    [InlineData("queue/", "queue/")]
    [InlineData("topic/t/records", "topic/")]
    [InlineData("documents/d", "documents/")]
    [InlineData("blobs/b/c", "blobs/")]
    [InlineData("checkpoints/c", "checkpoints/")]
    [InlineData("runs/r", "runs/")]
    [InlineData("logengine/anything", "logengine/")]
    public async Task A_name_of_a_store_is_refused_and_the_refusal_says_so(
        string name, string prefix)
    {
        await using EmbeddedEngine engine = StorageEngine.OpenInMemory();
        ReservedNameException refused = Assert.Throws<ReservedNameException>(
            () => engine.GetKeyspace(name));
        Assert.Equal((name, prefix), (refused.Name, refused.Prefix));
        Assert.Contains("reserved", refused.Message, StringComparison.Ordinal);
        Assert.True(StorageEngine.IsReservedName(name));
        Assert.Empty(engine.ListKeyspaces());
        Assert.Same(engine.GetStoreKeyspace(name), engine.GetStoreKeyspace(name));
    }

    [Theory]
    [InlineData("queue")]
    [InlineData("Queue/x")]
    [InlineData("my/queue/x")]
    [InlineData("runs")]
    [InlineData("/runs/")]
    public async Task Any_other_name_is_the_users(string name)
    {
        await using EmbeddedEngine engine = StorageEngine.OpenInMemory();
        await engine.GetKeyspace(name).PutTextAsync("k", "v");
        Assert.False(StorageEngine.IsReservedName(name));
        Assert.Throws<ArgumentException>(() => engine.GetStoreKeyspace(name));
    }

    [Fact]
    public async Task Stores_whose_names_hold_slashes_share_nothing()
    {
        await using EmbeddedEngine engine = StorageEngine.OpenInMemory();
        string[] names = ["a", "a/messages", "queue/a", "a/messages/messages", "/", "a/"];
        foreach (string name in names)
        {
            await using DurableQueue queue = await engine.OpenQueueAsync(name);
            await queue.EnqueueAsync(new QueueMessage(SmallEngine.Bytes(name)));
            await (await engine.OpenDocumentsAsync(name)).SaveAsync(name, name, StringJson.Default.String);
        }

        foreach (string name in names)
        {
            await using DurableQueue queue = await engine.OpenQueueAsync(name);
            QueueDelivery? delivery = await queue.ReceiveAsync(TimeSpan.Zero);
            Assert.Equal(SmallEngine.Bytes(name), delivery!.Body.ToArray());
            Assert.Equal(1, (await engine.OpenDocumentsAsync(name)).Count);
        }

        Assert.Equal(names.Order(StringComparer.Ordinal), engine.ListQueues());
    }

    [Fact]
    public async Task Foreign_keys_in_a_store_are_one_error()
    {
        await using EmbeddedEngine engine = StorageEngine.OpenInMemory();
        await Foreign(engine, "documents/s", [0xFF, 0xFE]);
        DocumentStore documents = await engine.OpenDocumentsAsync("s");
        await RefusedAsync(() => documents.ListAsync().ToListAsync());
        await RefusedAsync(() => documents.ReadAllAsync(StringJson.Default.String).ToListAsync());

        await Foreign(engine, "runs/s", [0x73, 0, 1]);
        RunLog runs = await engine.OpenRunsAsync("s");
        await RefusedAsync(() => runs.ListRunsAsync().ToListAsync());
        await RefusedAsync(() => runs.ReadAsync("r").ToListAsync());
        await RefusedAsync(async () => await runs.AppendNextAsync("r", new RunRow(0, "s", "t")));

        await Foreign(engine, "checkpoints/s", [1, 0x73, 0, 1]);
        CheckpointStore checkpoints = await engine.OpenCheckpointsAsync("s");
        await RefusedAsync(() => checkpoints.ListNamesAsync().ToListAsync());
        await RefusedAsync(() => checkpoints.ListAsync("r").ToListAsync());
        await RefusedAsync(async () => await checkpoints.LoadLatestAsync("r"));
        await RefusedAsync(async () => await checkpoints.SaveAsync("r", new byte[1]));

        BlobStore blobs = await engine.OpenBlobsAsync("s");
        StoredBlob blob = await blobs.PutAsync(
            SmallEngine.Bytes("content"), new BlobDescription("text/plain"));
        byte[] reference = [3, .. Convert.FromHexString(blob.Id.ToString()), 0xC3];
        await Foreign(engine, "blobs/s", reference);
        await RefusedAsync(() => blobs.ListReferencesAsync(blob.Id).ToListAsync());
        await Foreign(engine, "blobs/s", [1, 2]);
        await RefusedAsync(() => blobs.ListIdsAsync().ToListAsync());

        await Foreign(engine, "topic/s/records", [1, 2, 3]);
        await RefusedAsync(() => Task.Run(() => Topic.Open(engine, "s")));
    }

    private static Task<long> Foreign(EmbeddedEngine engine, string keyspace, byte[] key) =>
        engine.GetStoreKeyspace(keyspace).PutAsync(key, new byte[1]).Soon();

    private static async Task RefusedAsync(Func<Task> act)
    {
        UndecodableValueException refused =
            await Assert.ThrowsAsync<UndecodableValueException>(act);
        Assert.StartsWith("Key ", refused.What, StringComparison.Ordinal);
    }

    private static async Task RefusedAsync<T>(Func<ValueTask<List<T>>> act) =>
        await RefusedAsync((Func<Task>)(async () => await act()));
}
