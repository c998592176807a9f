namespace LogEngine.Log;

/// <summary>
/// Where the log's own work runs: on threads in production, under a seed in crash tests. It decides
/// when a step runs, never what it does.
/// </summary>
internal interface IScheduler
{
    /// <summary>
    /// Whether others go on while a worker waits: in a simulation nothing comes of waiting.
    /// </summary>
    bool IsConcurrent => true;

    /// <summary>Runs an item soon, never on the calling stack.</summary>
    void Queue(IThreadPoolWorkItem item);

    /// <summary>
    /// Starts a worker that calls <paramref name="step"/> until it returns false, and again after
    /// each wake. A wake during a step is not lost.
    /// </summary>
    IWorker StartWorker(string name, Func<bool> step);

    /// <summary>Blocks the calling thread until the waiter is complete, or has a grant.</summary>
    void Block(AppendWaiter waiter);

    /// <summary>Runs work that may do I/O, off the calling thread.</summary>
    Task<T> Run<T>(Func<T> work, CancellationToken cancellationToken);

    /// <summary>The same where there is nothing to give.</summary>
    Task Run(Action work, CancellationToken cancellationToken) => Run(
        () =>
        {
            work();
            return true;
        },
        cancellationToken);

    /// <summary>The task itself, to be awaited; a simulation has brought it to its end by then.</summary>
    Task Until(Task task);
}

/// <summary>A worker started by a scheduler.</summary>
internal interface IWorker
{
    /// <summary>Makes the worker step again; cheap and idempotent.</summary>
    void Wake();

    /// <summary>Ends the worker after its present step. Completes when no step runs any more.</summary>
    Task StopAsync();
}
