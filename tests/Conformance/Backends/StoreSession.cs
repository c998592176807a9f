using LogEngine.Storage;
using LogEngine.Stores.Queues;

namespace LogEngine.Conformance.Backends;

/// <summary>An engine on some backend, as long as one case runs.</summary>
internal abstract class StoreSession : IAsyncDisposable
{
    /// <summary>
    /// Small files, small groups, and no cache: what is read comes from files. Compaction runs
    /// where a case asks for it: in the background it would move what a case is about to damage.
    /// </summary>
    protected static StorageEngineOptions Options { get; } = new()
    {
        SegmentSizeBytes = WriteAheadLogOptions.MinSegmentSizeBytes,
        GroupCapBytes = WriteAheadLogOptions.MinGroupCapBytes,
        SpareSegments = 1,
        CacheBytes = 0,
        SnapshotBudgetBytes = StorageEngineOptions.MinSnapshotBudgetBytes,
        CompactionThreshold = 1,
    };

    /// <summary>The engine that is open now. Stores of an earlier step are dead.</summary>
    internal StorageEngine Engine { get; private protected set; } = null!;

    /// <summary>The same by its own type: of cases that are about more than the contract.</summary>
    internal EmbeddedEngine Embedded => (EmbeddedEngine)Engine;

    /// <summary>Whether a step takes back what was not synced.</summary>
    internal virtual bool LosesUnsynced => false;

    internal abstract TimeProvider Time { get; }

    /// <summary>The queue that was opened last in this step.</summary>
    internal DurableQueue Queue { get; private set; } = null!;

    internal DocumentStore Documents => Now(Engine.OpenDocumentsAsync("docs"));

    internal RunLog Runs => Now(Engine.OpenRunsAsync("runs"));

    internal CheckpointStore Checkpoints => Now(Engine.OpenCheckpointsAsync("checks"));

    protected abstract IFileSystem Files { get; }

    protected abstract string Directory { get; }

    /// <summary>Ends one step and begins another: the engine is opened anew.</summary>
    internal abstract Task StepAsync();

    /// <summary>Lets time pass, both clocks together, and what waits for it go on.</summary>
    internal abstract void Advance(TimeSpan by);

    /// <summary>Runs a number of tasks at once, as much so as the backend can.</summary>
    internal abstract Task AtOnceAsync(int tasks, Func<int, Task> work);

    public abstract ValueTask DisposeAsync();

    internal ValueTask<BlobStore> BlobsAsync() => Engine.OpenBlobsAsync(
        "blobs", new BlobStoreOptions { ChunkBytes = 600, TimeProvider = Time });

    /// <summary>Opens the queue of this step; one that is open is closed first.</summary>
    internal async Task<DurableQueue> OpenQueueAsync(QueueOptions? options = null)
    {
        await CloseQueueAsync();
        Queue = await Engine.OpenQueueAsync("jobs", options);
        return Queue;
    }

    /// <summary>
    /// Everything reaches the disk, then one step ends and another begins with the same queue: what
    /// is in memory alone is gone, what was counted is not.
    /// </summary>
    internal async Task RestartAsync()
    {
        QueueOptions options = Queue.Options;
        await Engine.FlushAsync();
        await StepAsync();
        await OpenQueueAsync(options);
    }

    /// <summary>What nothing is waited for.</summary>
    private static T Now<T>(ValueTask<T> opened) => opened.AsTask().GetAwaiter().GetResult();

    /// <summary>Closes the queue, if its engine is still open.</summary>
    private protected async Task CloseQueueAsync()
    {
        if (Queue is not null && ReferenceEquals(Queue.Engine, Engine))
        {
            await Queue.DisposeAsync();
        }
    }

    /// <summary>
    /// Flips a bit of these bytes wherever a segment holds them. A snapshot and a reopening come
    /// first, so that recovery does not read them any more.
    /// </summary>
    internal async Task DamageAsync(byte[] bytes)
    {
        await Embedded.SnapshotAsync();
        await StepAsync();
        int found = 0;
        foreach (string name in Files.ListFiles(Directory))
        {
            if (!name.EndsWith(".seg", StringComparison.Ordinal))
            {
                continue;
            }

            using IStorageFile file = Files.Open(Path.Combine(Directory, name), OpenFlags.Write);
            byte[] content = new byte[file.GetLength()];
            file.Read(content, 0);
            for (int at = content.AsSpan().IndexOf(bytes); at >= 0;)
            {
                file.Write([(byte)(bytes[0] ^ 0x10)], at, dataSync: true);
                found++;
                int next = content.AsSpan(at + 1).IndexOf(bytes);
                at = next < 0 ? -1 : at + 1 + next;
            }
        }

        Assert.True(found > 0, "the bytes to damage are in no segment");
    }
}
