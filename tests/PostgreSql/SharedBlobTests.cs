using System.IO.Pipelines;

namespace LogEngine.PostgreSqlTests;

/// <summary>Blobs that several processes put and collect: what one has on its way, another does not take.</summary>
public sealed class SharedBlobTests(OneServer fixture) : IClassFixture<OneServer>
{
    private static readonly BlobDescription Description = new("a/b");

    [SkippableFact]
    public async Task An_upload_on_its_way_is_not_swept_by_another_engine_that_opens_or_collects()
    {
        PostgreSqlEngineOptions options = fixture.Options();
        await using PostgreSqlEngine one = await PostgreSqlEngine.OpenAsync(options);
        await using PostgreSqlEngine two = await PostgreSqlEngine.OpenAsync(options);
        BlobStore mine = await OpenAsync(one);
        byte[] content = Bytes(1, 6000);
        Pipe source = new();
        await source.Writer.WriteAsync(content.AsMemory(0, 3000));
        Task<StoredBlob> putting = mine.PutAsync(source.Reader.AsStream(), Description).AsTask();
        await Wait.UntilAsync(async () => await KeysAsync(two) > 3, "pieces of it are there");

        // Another content, staged and not published; its batch is made before the collection and committed after it.
        byte[] other = Bytes(2, 5000);
        await using StagedBlob staged = await mine.StageAsync(new MemoryStream(other));
        WriteBatch batch = one.CreateBatch();
        mine.Put(batch, staged, Description);
        BlobStore theirs = await OpenAsync(two);
        await theirs.CollectAsync(DateTimeOffset.MaxValue);
        await one.CommitAsync(batch);
        await source.Writer.WriteAsync(content.AsMemory(3000));
        await source.Writer.CompleteAsync();
        await theirs.VerifyAsync((await putting).Id);
        await theirs.VerifyAsync(staged.Id);
    }

    [SkippableFact]
    public async Task What_a_process_that_died_has_left_is_swept_after_a_day_by_any_other()
    {
        PostgreSqlEngineOptions options = fixture.Options();
        await using PostgreSqlEngine one = await PostgreSqlEngine.OpenAsync(options);
        BlobStore mine = await OpenAsync(one);
        StagedBlob late = await mine.StageAsync(new MemoryStream(Bytes(3, 5000)));
        await using PostgreSqlEngine two = await PostgreSqlEngine.OpenAsync(
            options with { TimeProvider = new Ahead(TimeSpan.FromHours(23)) });
        await OpenAsync(two);
        Assert.True(await KeysAsync(one) > 5);
        await using PostgreSqlEngine three = await PostgreSqlEngine.OpenAsync(
            options with { TimeProvider = new Ahead(TimeSpan.FromHours(25)) });
        BlobStore theirs = await OpenAsync(three);

        // What is left is the key that numbers uploads. An upload that was not dead after all fails as a whole.
        Assert.Equal(1, await KeysAsync(one));
        WriteBatch batch = one.CreateBatch();
        mine.Put(batch, late, Description);
        await Assert.ThrowsAsync<ConflictException>(async () => await one.CommitAsync(batch));
        await late.DisposeAsync();
        Assert.False(await theirs.ContainsAsync(late.Id));
        Assert.Equal(1, await KeysAsync(one));
    }

    [SkippableFact]
    public async Task Whatever_is_collected_meanwhile_a_blob_with_a_reference_is_whole()
    {
        PostgreSqlEngineOptions options = fixture.Options();
        await using PostgreSqlEngine one = await PostgreSqlEngine.OpenAsync(options);
        await using PostgreSqlEngine two = await PostgreSqlEngine.OpenAsync(options);
        BlobStore[] stores = [await OpenAsync(one), await OpenAsync(two)];
        using CancellationTokenSource end = new();
        Task[] collecting = [.. stores.Select(store => Task.Run(async () =>
        {
            while (!end.IsCancellationRequested)
            {
                await store.CollectAsync(DateTimeOffset.MaxValue);
            }
        }))];
        await Task.WhenAll(Enumerable.Range(0, 6).Select(task => Task.Run(async () =>
        {
            BlobStore store = stores[task % 2];
            for (int i = 0; i < 15; i++)
            {
                // Both engines put the same contents; each task has references of its own.
                byte[] content = Bytes(i % 3, 2000);
                string owner = $"{task}/{i}";
                StoredBlob put = await store.PutAsync(new MemoryStream(content), Description, owner: owner);
                await stores[(task + 1) % 2].VerifyAsync(put.Id);
                Assert.True(await store.RemoveReferenceAsync(put.Id, owner));
            }
        })));
        await end.CancelAsync();
        await Task.WhenAll(collecting);
        await stores[0].CollectAsync(DateTimeOffset.MaxValue);
        Assert.Empty(await stores[1].ListAsync().ToListAsync());
        Assert.Equal(1, await KeysAsync(two));
    }

    // It cleaned up behind a source that had failed, and told that the server was away instead.
    [SkippableFact]
    public async Task A_source_that_fails_while_the_server_is_away_is_what_the_caller_is_told()
    {
        PostgreSqlEngineOptions options = fixture.Options() with { RetryTime = TimeSpan.FromMilliseconds(200) };
        await using PostgreSqlEngine engine = await PostgreSqlEngine.OpenAsync(options);
        BlobStore blobs = await OpenAsync(engine);
        Pipe source = new();
        await source.Writer.WriteAsync(Bytes(1, 3000));
        Task<StoredBlob> putting = blobs.PutAsync(source.Reader.AsStream(), Description).AsTask();
        await Wait.UntilAsync(async () => await KeysAsync(engine) > 3, "pieces of it are there");
        await fixture.Server.KillAsync();
        try
        {
            await source.Writer.CompleteAsync(new IOException("the source failed"));
            Assert.Equal(
                "the source failed", (await Assert.ThrowsAsync<IOException>(() => putting)).Message);
        }
        finally
        {
            await fixture.Server.StartAsync();
        }
    }

    private static ValueTask<BlobStore> OpenAsync(StorageEngine engine) =>
        engine.OpenBlobsAsync("blobs", new BlobStoreOptions { ChunkBytes = 600 });

    private static ValueTask<long> KeysAsync(StorageEngine engine) =>
        engine.GetStoreKeyspace("blobs/blobs").CountAsync();

    private static byte[] Bytes(int seed, int length)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    /// <summary>A clock that is ahead.</summary>
    private sealed class Ahead(TimeSpan by) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + by;
    }
}
