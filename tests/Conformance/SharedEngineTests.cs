using LogEngine.Conformance.Backends;
using LogEngine.Conformance.Cases;

namespace LogEngine.Conformance;

/// <summary>
/// Two engines on one store, as two processes on one server have them: what a store keeps in memory belongs to
/// one of them, so conditions alone must make it right.
/// </summary>
public sealed class SharedEngineTests
{
    private readonly PlainStore _server = new();
    private readonly ManualTime _time = new();

    [Fact]
    public async Task Rows_are_numbered_once()
    {
        RunLog[] logs = [await Open().OpenRunsAsync("r"), await Open().OpenRunsAsync("r")];
        long[] given = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => Task.Run(
            async () => await logs[i % 2].AppendNextAsync("run", new RunRow(0, $"{i}", "t")))));
        Assert.Equal(40, given.Distinct().Count());
        Assert.Equal(40, (await logs[0].LoadAsync("run")).Count);
    }

    [Fact]
    public async Task Checkpoints_are_numbered_once_whatever_the_rotation_takes()
    {
        CheckpointStoreOptions one = new() { Keep = 1 };
        CheckpointStore[] stores =
        [
            await Open().OpenCheckpointsAsync("c", one), await Open().OpenCheckpointsAsync("c", one),
        ];
        long[] given = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => Task.Run(
            async () => await stores[i % 2].SaveAsync("a", new byte[] { (byte)i }))));
        Assert.Equal(40, given.Distinct().Count());
        Assert.Equal(given.Max(), (await stores[1].RestoreAsync("a")).Sequence);
    }

    [Fact]
    public async Task A_checkpoint_in_a_batch_is_refused_once_its_number_was_used_and_rotated_out()
    {
        StorageEngine engine = Open();
        CheckpointStoreOptions keepOne = new() { Keep = 1 };
        CheckpointStore mine = await engine.OpenCheckpointsAsync("c", keepOne);
        CheckpointStore theirs = await Open().OpenCheckpointsAsync("c", keepOne);
        WriteBatch batch = engine.CreateBatch();
        mine.Save(batch, "a", [1]);
        batch.Observe(new Between(async () =>
        {
            await theirs.SaveAsync("a", new byte[] { 2 });
            await theirs.SaveAsync("a", new byte[] { 3 });
        }));
        await Assert.ThrowsAsync<ConflictException>(async () => await engine.CommitAsync(batch));
        Assert.Equal(2, (await theirs.RestoreAsync("a")).Sequence);
    }

    [Fact]
    public async Task An_upload_of_another_process_is_swept_only_once_it_is_a_day_old()
    {
        StorageEngine engine = Open();
        BlobStore mine = await OpenBlobsAsync(engine);
        byte[] content = Listing.Bytes(1, 5000);
        await using StagedBlob staged = await mine.StageAsync(new MemoryStream(content));
        BlobStore theirs = await OpenBlobsAsync(Open());
        await theirs.CollectAsync(DateTimeOffset.MaxValue);
        WriteBatch batch = engine.CreateBatch();
        mine.Put(batch, staged, new BlobDescription("a/b"));
        await engine.CommitAsync(batch);
        await theirs.VerifyAsync(BlobId.Of(content));

        await using StagedBlob late = await mine.StageAsync(
            new MemoryStream(Listing.Bytes(2, 5000)));
        _time.Advance(TimeSpan.FromHours(25));
        await theirs.CollectAsync(DateTimeOffset.MinValue);
        batch = engine.CreateBatch();
        mine.Put(batch, late, new BlobDescription("a/b"));
        await Assert.ThrowsAsync<ConflictException>(async () => await engine.CommitAsync(batch));
        Assert.False(await theirs.ContainsAsync(late.Id));
    }

    [Fact]
    public async Task A_name_is_put_by_one_of_two_that_expect_the_same_version()
    {
        BlobStore[] stores = [await OpenBlobsAsync(Open()), await OpenBlobsAsync(Open())];
        ConditionalResult[] results = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(
            async () => await stores[i % 2].Names.TryPutAsync(
                "n", new MemoryStream([(byte)i]), new BlobDescription("a/b"), 0))));
        Assert.Single(results, result => result.Applied);
        await BlobNameCases.AgreesAsync(Open(), stores[0]);
    }

    private static ValueTask<BlobStore> OpenBlobsAsync(StorageEngine engine) =>
        engine.OpenBlobsAsync("blobs", new BlobStoreOptions { ChunkBytes = 600 });

    private PlainEngine Open() => new(_server, _time, isShared: true);
}
