using System.Collections.Concurrent;
using LogEngine.Log;

namespace LogEngine.Unit.Log;

public sealed class BlockingAppendTests
{
    /// <summary>
    /// Thirty-two pool threads in Append stood still for ten seconds: they waited for room, and the
    /// work item that gives it to them waited for a pool thread.
    /// </summary>
    [Fact]
    public async Task Blocking_appends_need_no_thread_of_the_pool()
    {
        using ScratchDirectory scratch = new();
        StoppedPool scheduler = new();
        WriteAheadLog log = await WriteAheadLog.OpenAsync(
            LogEnvironment.Real with { Scheduler = scheduler },
            scratch.Path,
            SmallLogs.Options(),
            CancellationToken.None);
        Task[] writers = [.. Enumerable.Range(0, 16).Select(_ => Task.Factory.StartNew(
            () =>
            {
                byte[] payload = new byte[5000];
                for (int i = 0; i < 20; i++)
                {
                    log.Append(payload, (Durability)(i % 3));
                }
            },
            TaskCreationOptions.LongRunning))];
        try
        {
            await Task.WhenAll(writers).WaitAsync(TimeSpan.FromSeconds(10));
        }
        finally
        {
            scheduler.Release();
            await Task.WhenAll(writers);
            await log.CloseAsync();
        }
    }

    /// <summary>Threads for workers; queued items wait until it is released.</summary>
    private sealed class StoppedPool : IScheduler
    {
        private readonly ConcurrentQueue<IThreadPoolWorkItem> _held = new();
        private volatile bool _released;

        public void Queue(IThreadPoolWorkItem item)
        {
            _held.Enqueue(item);
            if (_released)
            {
                Release();
            }
        }

        public IWorker StartWorker(string name, Func<bool> step) =>
            ThreadScheduler.Instance.StartWorker(name, step);

        public void Block(AppendWaiter waiter) => ThreadScheduler.Instance.Block(waiter);

        public Task<T> Run<T>(Func<T> work, CancellationToken cancellationToken) =>
            ThreadScheduler.Instance.Run(work, cancellationToken);

        public Task Until(Task task) => ThreadScheduler.Instance.Until(task);

        internal void Release()
        {
            _released = true;
            while (_held.TryDequeue(out IThreadPoolWorkItem? item))
            {
                ThreadScheduler.Instance.Queue(item);
            }
        }
    }
}
