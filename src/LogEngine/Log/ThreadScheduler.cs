namespace LogEngine.Log;

/// <summary>
/// Workers on dedicated threads, items on the thread pool, or beside it where that is held up.
/// </summary>
internal sealed class ThreadScheduler : IScheduler
{
    internal static readonly ThreadScheduler Instance = new();

    private readonly ReliefThreads _items = new();

    private ThreadScheduler()
    {
    }

    public void Queue(IThreadPoolWorkItem item) => _items.Queue(item);

    public IWorker StartWorker(string name, Func<bool> step) => new Worker(name, step);

    public void Block(AppendWaiter waiter) => waiter.Block();

    public Task<T> Run<T>(Func<T> work, CancellationToken cancellationToken) =>
        Task.Run(work, cancellationToken);

    public Task Until(Task task) => task;

    private sealed class Worker : IWorker, IDisposable
    {
        private readonly Func<bool> _step;
        private readonly ManualResetEventSlim _wake = new(initialState: true);
        private readonly TaskCompletionSource _stopped =
            new(TaskCreationOptions.RunContinuationsAsynchronously);

        private volatile bool _stopping;

        internal Worker(string name, Func<bool> step)
        {
            _step = step;
            Thread thread = new(Run) { IsBackground = true, Name = name };
            thread.Start();
        }

        public void Wake() => _wake.Set();

        public Task StopAsync()
        {
            _stopping = true;
            _wake.Set();
            return _stopped.Task;
        }

        /// <summary>An event nobody waits on with a handle needs no disposal.</summary>
        public void Dispose() => _wake.Dispose();

        private void Run()
        {
            while (!_stopping)
            {
                _wake.Wait();
                _wake.Reset();
                while (!_stopping && _step())
                {
                }
            }

            _stopped.SetResult();
        }
    }
}
