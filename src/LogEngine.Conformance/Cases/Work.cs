using System.Buffers.Binary;

namespace LogEngine.Conformance.Cases;

/// <summary>
/// A worker whose step takes a message off a queue of plain keys, saves a document, appends a row,
/// stores a blob, saves a checkpoint and puts the next message, all in one batch.
/// </summary>
internal sealed class Work
{
    private readonly StorageEngine _engine;
    private readonly Keyspace _queue;
    private readonly DocumentStore _documents;
    private readonly RunLog _runs;
    private readonly CheckpointStore _checkpoints;
    private readonly BlobStore _blobs;

    private Work(
        StorageEngine engine,
        DocumentStore documents,
        RunLog runs,
        CheckpointStore checkpoints,
        BlobStore blobs)
    {
        _engine = engine;
        _queue = engine.GetKeyspace("queue");
        _documents = documents;
        _runs = runs;
        _checkpoints = checkpoints;
        _blobs = blobs;
    }

    internal static async Task<Work> OpenAsync(StorageEngine engine, BlobStore blobs) => new(
        engine,
        await engine.OpenDocumentsAsync("docs"),
        await engine.OpenRunsAsync("runs"),
        await engine.OpenCheckpointsAsync("checks"),
        blobs);

    internal WriteBatch Batch(int step)
    {
        WriteBatch batch = _engine.CreateBatch();
        batch.Delete(_queue, Key(step));
        batch.Put(_queue, Key(step + 1), "message"u8);
        _documents.Save(batch, "state", Listing.Json($"{step}"));
        _runs.AppendNext(batch, "run", new RunRow(0, $"{step}", "task"));
        _checkpoints.Save(batch, "work", Listing.Bytes(step, 1500));
        _blobs.Put(
            batch, Listing.Bytes(step, 2000), new BlobDescription("a/b", Label: $"{step}"), "run");
        return batch;
    }

    /// <summary>
    /// How many steps are done, by whichever store is asked; fails where they disagree.
    /// </summary>
    internal async Task<int> StepsDoneAsync()
    {
        int document = (await _documents.LoadAsync("state"))?.Value.GetInt32() ?? 0;
        Assert.Equal(document, (await _runs.LoadAsync("run")).Count);
        Assert.Equal(
            document, (await _checkpoints.LoadLatestAsync("work")).Latest?.Sequence ?? 0);
        List<StoredBlob> blobs = await _blobs.ListAsync().ToListAsync();
        Assert.Equal(
            Enumerable.Range(1, document).Select(i => $"{i}"),
            blobs.Select(b => b.Metadata.Description.Label!).Order());
        foreach (StoredBlob blob in blobs)
        {
            await _blobs.VerifyAsync(blob.Id);
        }

        using KeyScan queue = _queue.Scan();
        if (document > 0)
        {
            Assert.True(await queue.MoveNextAsync());
            Assert.Equal(Key(document + 1), queue.Key.ToArray());
        }

        Assert.False(await queue.MoveNextAsync());
        return document;
    }

    private static byte[] Key(int step)
    {
        byte[] key = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(key, step);
        return key;
    }
}
