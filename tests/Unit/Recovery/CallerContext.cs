using LogEngine.Log;

namespace LogEngine.Unit.Recovery;

/// <summary>
/// A caller with a context of its own, as a window has one, and what was asked of that context.
/// </summary>
/// <remarks>
/// What is complete before it is awaited asks for no context. So of the pieces of work that the
/// caller's calls give to the scheduler one, in turn each of them, ends only when the call has
/// returned; the others have ended before.
/// </remarks>
/// <param name="late">Number of the piece of work that ends late; -1 for none.</param>
internal sealed class CallerContext(int late) : SynchronizationContext, IScheduler
{
    private readonly ManualResetEventSlim _returned = new();
    private int _asked;
    private int _runs;

    /// <summary>How often something wanted to go on in the context.</summary>
    internal int Asked => Volatile.Read(ref _asked);

    /// <summary>Whether there was such a piece of work.</summary>
    internal bool WasLate { get; private set; }

    /// <summary>Calls something in the context, and awaits it outside.</summary>
    internal async Task<T> CallAsync<T>(Func<ValueTask<T>> call) =>
        await Start(() => call().AsTask()).Soon();

    internal async Task CallAsync(Func<ValueTask> call) =>
        await Start(() => call().AsTask()).Soon();

    /// <summary>Calls something in the context; it goes on outside.</summary>
    internal TTask Start<TTask>(Func<TTask> call)
    {
        SynchronizationContext? before = Current;
        SetSynchronizationContext(this);
        try
        {
            return call();
        }
        finally
        {
            SetSynchronizationContext(before);
            _returned.Set();
        }
    }

    public override void Post(SendOrPostCallback d, object? state)
    {
        Interlocked.Increment(ref _asked);
        ThreadPool.QueueUserWorkItem(_ => d(state));
    }

    public override void Send(SendOrPostCallback d, object? state)
    {
        Interlocked.Increment(ref _asked);
        d(state);
    }

    public void Queue(IThreadPoolWorkItem item) => ThreadScheduler.Instance.Queue(item);

    public IWorker StartWorker(string name, Func<bool> step) =>
        ThreadScheduler.Instance.StartWorker(name, step);

    public void Block(AppendWaiter waiter) => ThreadScheduler.Instance.Block(waiter);

    public Task Until(Task task) => task;

    public Task<T> Run<T>(Func<T> work, CancellationToken cancellationToken)
    {
        if (Current != this)
        {
            return ThreadScheduler.Instance.Run(work, cancellationToken);
        }

        if (_runs++ == late)
        {
            WasLate = true;
            _returned.Reset();
            return Task.Run(
                () =>
                {
                    _returned.Wait(CancellationToken.None);
                    return work();
                },
                cancellationToken);
        }

        Task<T> ended = Task.Run(work, cancellationToken);
        ((IAsyncResult)ended).AsyncWaitHandle.WaitOne();
        return ended;
    }
}
