using LogEngine.Log;

namespace LogEngine.Testing.Running;

/// <summary>
/// Runs a log's work on the calling thread, one piece at a time, in an order drawn from a seed.
/// </summary>
/// <remarks>
/// Not thread-safe. Work runs only within <see cref="RunOne"/> and what calls it: blocking,
/// waiting,
/// or a test that says so. So between two calls of a test nothing happens by itself.
/// </remarks>
internal sealed class SimulatedScheduler(int seed, SimulatedTime time) : IScheduler
{
    /// <summary>Steps without an end in sight that count as a hang.</summary>
    private const int MaxSteps = 1_000_000;

    private readonly Random _random = new(seed);
    private readonly List<IThreadPoolWorkItem> _items = [];
    private readonly List<Worker> _workers = [];

    /// <summary>Tasks that code of the engine awaits, with what it really awaits.</summary>
    private readonly List<(Task Task, TaskCompletionSource Done)> _awaited = [];

    internal SimulatedTime Time { get; } = time;

    /// <summary>Random 64-bit numbers of the same seed, for identities and salts.</summary>
    internal ulong NextRandom() => (ulong)_random.NextInt64(long.MinValue, long.MaxValue);

    public bool IsConcurrent => false;

    public void Queue(IThreadPoolWorkItem item) => _items.Add(item);

    public IWorker StartWorker(string name, Func<bool> step)
    {
        Worker worker = new(this, step);
        _workers.Add(worker);
        return worker;
    }

    public void Block(AppendWaiter waiter)
    {
        RunUntil(() => waiter.IsSignalled, "a blocked append");
        waiter.Block();
    }

    public Task<T> Run<T>(Func<T> work, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return Task.FromCanceled<T>(cancellationToken);
        }

        try
        {
            return Task.FromResult(work());
        }
        catch (Exception error)
        {
            return Task.FromException<T>(error);
        }
    }

    public Task Until(Task task)
    {
        if (task.IsCompleted)
        {
            return task;
        }

        // Whoever completes the task may hop to a pool thread with what follows; this does not.
        TaskCompletionSource done = new();
        _awaited.Add((task, done));
        return done.Task;
    }

    /// <summary>Forgets all work: the process it ran in is dead.</summary>
    internal void Abandon()
    {
        _items.Clear();
        _workers.Clear();
        _awaited.Clear();
    }

    /// <summary>Runs one piece of work; false where there is none.</summary>
    internal bool RunOne()
    {
        SynchronizationContext? before = SynchronizationContext.Current;
        if (before is null)
        {
            return RunOneWithoutContext();
        }

        // Under a context a continuation goes to the thread pool instead of going on in place.
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            return RunOneWithoutContext();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }
    }

    private bool RunOneWithoutContext()
    {
        QueueAwaited();
        int ready = 0;
        foreach (Worker worker in _workers)
        {
            ready += worker.IsAwake ? 1 : 0;
        }

        // Completions mostly first: what was acknowledged is then known before the next write.
        if (_items.Count > 0 && (ready == 0 || _random.Next(4) != 0))
        {
            int at = _random.Next(_items.Count);
            IThreadPoolWorkItem item = _items[at];
            _items.RemoveAt(at);
            item.Execute();
            return true;
        }

        if (ready == 0)
        {
            return false;
        }

        int chosen = _random.Next(ready);
        foreach (Worker worker in _workers)
        {
            if (worker.IsAwake && chosen-- == 0)
            {
                worker.Step();
                return true;
            }
        }

        return false;
    }

    /// <summary>Runs until nothing is left to do at this time.</summary>
    internal void RunToIdle()
    {
        for (int steps = 0; RunOne(); steps++)
        {
            RequireProgress(steps, "idleness");
        }
    }

    /// <summary>
    /// Runs, and lets time pass where nothing else is left, until something holds.
    /// </summary>
    internal void RunUntil(Func<bool> done, string what)
    {
        for (int steps = 0; !done(); steps++)
        {
            RequireProgress(steps, what);
            if (RunOne())
            {
                continue;
            }

            if (Time.NextDue is not { } due)
            {
                throw new InvalidOperationException(
                    $"The simulation hangs: nothing is left to run, and {what} is not over.");
            }

            Time.Advance(due);
        }
    }

    /// <summary>What follows the completed ones among the awaited tasks is work to be done.</summary>
    private void QueueAwaited()
    {
        for (int i = 0; i < _awaited.Count; i++)
        {
            if (_awaited[i].Task.IsCompleted)
            {
                _items.Add(new Continuation(_awaited[i].Task, _awaited[i].Done));
                _awaited.RemoveAt(i--);
            }
        }
    }

    private static void RequireProgress(int steps, string what)
    {
        if (steps > MaxSteps)
        {
            throw new InvalidOperationException(
                $"The simulation hangs: {what} not reached after {MaxSteps} steps.");
        }
    }

    /// <summary>Hands a completed task's outcome on.</summary>
    private sealed class Continuation(Task task, TaskCompletionSource done) : IThreadPoolWorkItem
    {
        public void Execute()
        {
            if (task.IsCanceled)
            {
                done.SetCanceled();
            }
            else if (task.Exception is { } error)
            {
                done.SetException(error.InnerExceptions);
            }
            else
            {
                done.SetResult();
            }
        }
    }

    private sealed class Worker(SimulatedScheduler scheduler, Func<bool> step) : IWorker
    {
        internal bool IsAwake { get; private set; } = true;

        public void Wake() => IsAwake = true;

        public Task StopAsync()
        {
            scheduler._workers.Remove(this);
            return Task.CompletedTask;
        }

        internal void Step()
        {
            // A wake during the step sets it again.
            IsAwake = false;
            IsAwake |= step();
        }
    }
}
