using System.Text;
using LogEngine.Stores;
using LogEngine.Testing.Model;

namespace LogEngine.Stress;

/// <summary>A keyspace is dropped while others write to it.</summary>
public sealed class DropTests
{
    private static readonly byte[] Id = "k"u8.ToArray();

    /// <summary>
    /// Case A2: the drop was applied first, so the key was absent and the condition held, and then the
    /// batch's operations were ignored since their keyspace was gone: applied, and nowhere.
    /// </summary>
    [Theory]
    [InlineData(false, 10)]
    [InlineData(true, 10)]
    [InlineData(false, 300_000)]
    public async Task A_condition_beside_a_drop_has_one_order_with_it(bool onFiles, int length)
    {
        using ScratchDirectory scratch = new();
        await using EmbeddedEngine engine = onFiles
            ? await StorageEngine.OpenAsync(scratch.Path)
            : StorageEngine.OpenInMemory();
        EmbeddedKeyspace keyspace = engine.GetKeyspace("dropped");
        int applied = 0;
        int rounds = onFiles || length > 1000 ? 60 : 300;
        for (int round = 0; round < rounds; round++)
        {
            await keyspace.PutAsync(Id, new byte[3], Durability.ProcessCrash).Soon();
            Task<ConditionalResult> put = Task.Run(() => keyspace
                .PutIfAbsentAsync(Id, new byte[length], Durability.ProcessCrash).AsTask());
            Task<bool> drop = Task.Run(() => engine
                .DropKeyspaceAsync("dropped", Durability.ProcessCrash).AsTask());
            await Task.WhenAll(put, drop).Soon();
            ConditionalResult result = await put;
            applied += result.Applied ? 1 : 0;

            // It was there before: applied means behind the drop, refused means before it.
            Assert.Equal(result.Applied ? result.Version : 0, VersionOf(keyspace));
            await engine.DropKeyspaceAsync("dropped", Durability.ProcessCrash).Soon();
        }

        Assert.Null(EngineAudit.Violation(engine, swept: true));
    }

    /// <summary>
    /// Case A3: the batch that publishes the blob required a mark that the drop had removed, and was
    /// tried again for ever.
    /// </summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_streamed_put_into_a_store_that_is_dropped_ends_with_an_error(bool onFiles)
    {
        using ScratchDirectory scratch = new();
        await using EmbeddedEngine engine = onFiles
            ? await StorageEngine.OpenAsync(scratch.Path)
            : StorageEngine.OpenInMemory();
        BlobStore store = await engine.OpenBlobsAsync("b", new BlobStoreOptions { ChunkBytes = 4096 });
        HeldStream content = new(new byte[40_000]);
        Task<StoredBlob> put = store
            .PutAsync(content, new BlobDescription("text/plain")).AsTask();
        await content.HalfWay.Soon();
        Assert.True(await engine.DropKeyspaceAsync("blobs/b").Soon());
        content.GoOn();
        StoreDroppedException error = await Assert
            .ThrowsAsync<StoreDroppedException>(() => put.Soon());
        Assert.Contains("blobs/b", error.Message, StringComparison.Ordinal);
        Assert.Contains("put it again", error.Message, StringComparison.Ordinal);

        // Nothing of it is left, and the same put works again.
        Assert.Equal(0, Count(engine, 6) + Count(engine, 7));
        StoredBlob again = await store.PutAsync(
            new MemoryStream(new byte[40_000]), new BlobDescription("text/plain"));
        Assert.Equal(40_000, (await store.GetAsync(again.Id)).Content.Length);
    }

    /// <summary>
    /// Case A4: a value in chunks whose operation came behind the drop was ignored, its chunks stayed
    /// for ever, through reopening and compaction.
    /// </summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Nothing_stays_of_large_values_put_beside_a_drop(bool onFiles)
    {
        using ScratchDirectory scratch = new();
        EmbeddedEngine engine = onFiles
            ? await StorageEngine.OpenAsync(scratch.Path)
            : StorageEngine.OpenInMemory();
        EmbeddedKeyspace keyspace = engine.GetKeyspace("dropped");
        for (int round = 0; round < 40; round++)
        {
            Task[] puts =
            [
                .. Enumerable.Range(0, 4).Select(i => Task.Run(() => keyspace.PutAsync(
                    Encoding.UTF8.GetBytes($"{i}"), new byte[250_000], Durability.ProcessCrash)
                    .AsTask())),
                Task.Run(() => engine
                    .DropKeyspaceAsync("dropped", Durability.ProcessCrash).AsTask()),
            ];
            await Task.WhenAll(puts).Soon();
        }

        await engine.DropKeyspaceAsync("dropped").Soon();
        Assert.Null(EngineAudit.Violation(engine, swept: true));
        await engine.CloseAsync();
        if (onFiles)
        {
            await using EmbeddedEngine again = await StorageEngine.OpenAsync(scratch.Path);
            Assert.Null(EngineAudit.Violation(again, swept: true));
        }
    }

    /// <summary>The same kind: a value in chunks whose put was cancelled half-way stayed marked.</summary>
    [Fact]
    public async Task Nothing_stays_of_large_values_whose_puts_were_cancelled()
    {
        await using EmbeddedEngine engine = StorageEngine.OpenInMemory();
        EmbeddedKeyspace keyspace = engine.GetKeyspace("k");
        Random random = new(7);
        for (int round = 0; round < 100; round++)
        {
            using CancellationTokenSource cancel = new();
            Task put = keyspace.PutIfAbsentAsync(
                Id, new byte[1_000_000], cancellationToken: cancel.Token).AsTask();
            for (int spins = random.Next(2000); spins > 0; spins--)
            {
                Thread.SpinWait(20);
            }

            await cancel.CancelAsync();
            await ((Task)put).ConfigureAwait(
                ConfigureAwaitOptions.SuppressThrowing
                    | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }

        // A put that was left goes on, and removes what it wrote where nothing came of it.
        await Eventually.IsTrueAsync(
            () => EngineAudit.Violation(engine, swept: true) is null, "the audit finds nothing");
    }

    /// <summary>
    /// Case A12: a put cancelled during its first write did not know what that had left; 202 of 1,000
    /// left a mark and a piece until the engine was reopened.
    /// </summary>
    [Theory]
    [InlineData(false, 300)]
    [InlineData(true, 60)]
    public async Task Nothing_stays_of_streamed_puts_that_were_cancelled(bool onFiles, int puts)
    {
        using ScratchDirectory scratch = new();
        await using EmbeddedEngine engine = onFiles
            ? await StorageEngine.OpenAsync(scratch.Path)
            : StorageEngine.OpenInMemory();
        BlobStore store = await engine.OpenBlobsAsync("b", new BlobStoreOptions { ChunkBytes = 4096 });
        Random random = new(3);
        int cancelled = 0;
        for (int i = 0; i < puts; i++)
        {
            using CancellationTokenSource cancel = new();
            byte[] content = new byte[30_000];
            random.NextBytes(content);
            Task put = store.PutAsync(
                new MemoryStream(content),
                new BlobDescription("text/plain"),
                cancellationToken: cancel.Token).AsTask();
            for (int spins = random.Next(600); spins > 0; spins--)
            {
                Thread.SpinWait(10);
            }

            await cancel.CancelAsync();
            await put.ConfigureAwait(
                ConfigureAwaitOptions.SuppressThrowing
                    | ConfigureAwaitOptions.ContinueOnCapturedContext);
            cancelled += put.IsCanceled ? 1 : 0;
        }

        Assert.True(cancelled > 0);
        Assert.Equal(0, Count(engine, 7));
        long blobs = 0;
        await foreach (BlobId id in store.ListIdsAsync())
        {
            await store.VerifyAsync(id);
            await store.DeleteAsync(id);
            blobs++;
        }

        Assert.Equal(0, Count(engine, 6));
    }

    /// <summary>What a put could not remove itself is swept while the engine runs on.</summary>
    [Fact]
    public async Task A_collection_sweeps_what_an_upload_has_left()
    {
        await using EmbeddedEngine engine = StorageEngine.OpenInMemory();
        BlobStore store = await engine.OpenBlobsAsync("b");
        WriteBatch left = engine.CreateBatch();
        EmbeddedKeyspace keyspace = engine.GetStoreKeyspace("blobs/b");
        left.Put(keyspace, [7, 0, 0, 0, 0, 0, 0, 0, 9], default);
        left.Put(keyspace, [6, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0], new byte[10]);
        await engine.CommitAsync(left);
        await store.CollectAsync(DateTimeOffset.MinValue);
        Assert.Equal(0, Count(engine, 6) + Count(engine, 7));
    }

    private static int Count(EmbeddedEngine engine, byte tag)
    {
        using EmbeddedKeyScan scan = engine.GetStoreKeyspace("blobs/b")
            .Scan(new ScanRange(new[] { tag }, new[] { (byte)(tag + 1) }));
        int count = 0;
        while (scan.MoveNext())
        {
            count++;
        }

        return count;
    }

    private static long VersionOf(EmbeddedKeyspace keyspace) =>
        keyspace.TryGet(Id, new System.Buffers.ArrayBufferWriter<byte>(), out ValueInfo info)
            ? info.Version
            : 0;
}
