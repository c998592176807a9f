using LogEngine.Stores.Queues;

namespace LogEngine.Conformance;

/// <summary>An engine, as long as one case runs on it: how it is opened, and what lies between the steps of the case.</summary>
/// <remarks>
/// A class of yours has <see cref="OpenEngineAsync"/>, which opens the engine on the same store each time, with
/// <see cref="Time"/> as its clock. The other members can be overridden where an engine can more: a step that
/// kills a server, a clock that is the server's.
/// </remarks>
public abstract class ConformanceSession : IAsyncDisposable
{
    private readonly ManualTime _time = new();
    private StorageEngine? _engine;

    /// <summary>The engine that is open now. Stores of an earlier step are dead.</summary>
    public StorageEngine Engine
    {
        get => _engine ?? throw new InvalidOperationException("The session is not started.");
        protected set => _engine = value;
    }

    /// <summary>The engine's clock. It stands still until <see cref="Advance"/> moves it.</summary>
    public virtual TimeProvider Time => _time;

    /// <summary>Whether a step takes back what was acknowledged at less than <see cref="Durability.PowerLoss"/>.</summary>
    public virtual bool LosesUnsynced => false;

    /// <summary>The queue that was opened last in this step.</summary>
    internal DurableQueue Queue { get; private set; } = null!;

    internal DocumentStore Documents => Now(Engine.OpenDocumentsAsync("docs"));

    internal RunLog Runs => Now(Engine.OpenRunsAsync("runs"));

    internal CheckpointStore Checkpoints => Now(Engine.OpenCheckpointsAsync("checks"));

    /// <summary>Opens the engine for the first step.</summary>
    public virtual async Task StartAsync() =>
        Engine = await OpenEngineAsync();

    /// <summary>Ends one step and begins another: the engine is closed and opened, unless a session does more.</summary>
    public virtual async Task StepAsync()
    {
        await CloseQueueAsync();
        await Engine.CloseAsync();
        Engine = await OpenEngineAsync();
    }

    /// <summary>Lets time pass, on both clocks together, and what waits for it go on.</summary>
    /// <param name="by">How much.</param>
    public virtual void Advance(TimeSpan by) => _time.Advance(by);

    /// <summary>Runs a number of tasks at once, on the thread pool unless a session does otherwise.</summary>
    /// <param name="tasks">How many.</param>
    /// <param name="work">One of them, by its number from 0.</param>
    public virtual Task AtOnceAsync(int tasks, Func<int, Task> work) =>
        Task.WhenAll(Enumerable.Range(0, tasks).Select(task => Task.Run(() => work(task))));

    /// <summary>Closes the engine; a session that has a store removes it.</summary>
    public virtual async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (_engine is not null)
        {
            await CloseQueueAsync();
            await _engine.DisposeAsync();
        }
    }

    /// <summary>Opens the engine on this session's store: empty at first, then with what the steps before have left.</summary>
    protected abstract ValueTask<StorageEngine> OpenEngineAsync();

    /// <summary>Closes the case's queue, if its engine is still open; at the end of a step, before the engine.</summary>
    protected async Task CloseQueueAsync()
    {
        if (Queue is not null && ReferenceEquals(Queue.Engine, Engine))
        {
            await Queue.DisposeAsync();
        }
    }

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

        // The count of a delivery may be written behind it, with nobody waiting: a write after it is behind it.
        await Engine.GetKeyspace("steps").PutAsync("ended"u8.ToArray(), default);
        await Engine.FlushAsync();
        await StepAsync();
        await OpenQueueAsync(options);
    }

    /// <summary>What nothing is waited for.</summary>
    private static T Now<T>(ValueTask<T> opened) => opened.AsTask().GetAwaiter().GetResult();
}
