using System.Collections.Concurrent;
using System.Diagnostics;

namespace LogEngine.Log;

/// <summary>
/// Runs the items of logs on the thread pool as long as that gets to them, and on threads of its own
/// while it does not.
/// </summary>
/// <remarks>
/// <para>
/// Callers that block pool threads until their append is complete keep the pool from completing it:
/// the completion stands in the pool's line behind callers that have yet to block, and the pool adds
/// threads one or two a second. So a watcher puts a probe into the same line, as long as there is
/// anything to complete. Where it is not reached within <see cref="Patience"/>, items go to own
/// threads, until a probe is reached in time again.
/// </para>
/// <para>
/// An item that others wait for, such as the pump of those in line, is kept in a queue of our own, and
/// the pool gets a ticket for it: so it can still be taken where the ticket does not come up, and
/// comes up where all threads of our own are held. A completion concerns its caller only: as long as
/// the pool gets to it, it goes there as it is, which is cheaper; one that is stuck there comes up once
/// the pool's new threads find their own writes complete.
/// </para>
/// <para>
/// What follows an item is a caller's code and may block too. So where items wait and none was taken
/// since the last look, another thread is started, up to <see cref="MostThreads"/>; each ends when
/// it has had nothing to do for a second.
/// </para>
/// <para>One for the process, as the pool is. Idle it costs a sleeping thread.</para>
/// </remarks>
internal sealed class ReliefThreads
{
    internal const int MostThreads = 256;

    /// <summary>How long the pool may let a probe stand in line.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(40);

    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestIdle = TimeSpan.FromSeconds(1);

    private readonly ConcurrentQueue<IThreadPoolWorkItem> _items = new();
    private readonly SemaphoreSlim _ready = new(0);
    private readonly ManualResetEventSlim _wake = new();
    private readonly Probe _probe = new();
    private readonly Ticket _ticket;

    /// <summary>Something was queued since the watcher looked last; true as soon as it watches.</summary>
    private volatile bool _traffic;

    /// <summary>The watcher sleeps until somebody wakes it.</summary>
    private int _parked;
    private int _started;
    private volatile bool _isStarving;
    private int _threads;
    private int _taken;

    internal ReliefThreads() => _ticket = new Ticket(this);

    /// <summary>The pool does not get to what is queued to it.</summary>
    internal bool IsStarving => _isStarving;

    internal void Queue(IThreadPoolWorkItem item)
    {
        if (!_traffic)
        {
            NoteTraffic();
        }

        bool isStarving = _isStarving;
        if (!isStarving && item is AppendWaiter)
        {
            ThreadPool.UnsafeQueueUserWorkItem(item, preferLocal: false);
            return;
        }

        _items.Enqueue(item);
        if (isStarving)
        {
            Release(1);
        }

        // Also then: the pool may be back before any thread of our own is free.
        ThreadPool.UnsafeQueueUserWorkItem(_ticket, preferLocal: false);
    }

    private void Release(int items)
    {
        if (Volatile.Read(ref _threads) == 0)
        {
            StartThread();
        }

        _ready.Release(items);
    }

    private void NoteTraffic()
    {
        _traffic = true;
        if (Interlocked.Exchange(ref _started, 1) == 0)
        {
            new Thread(Watch) { IsBackground = true, Name = "LogEngine watcher" }.UnsafeStart();
        }
        else if (Interlocked.Exchange(ref _parked, 0) == 1)
        {
            _wake.Set();
        }
    }

    private void Watch()
    {
        int idleTicks = 0;
        while (true)
        {
            _wake.Wait(Tick);
            if (_isStarving)
            {
                Reinforce();
            }

            LookAtProbe();
            idleTicks = _traffic || _isStarving || !_probe.IsAnswered ? 0 : idleTicks + 1;
            _traffic = false;
            if (idleTicks * Tick > LongestIdle)
            {
                idleTicks = 0;
                Park();
            }
        }
    }

    /// <summary>
    /// One answer in time ends the starving: a late one only says that the line was long before.
    /// </summary>
    private void LookAtProbe()
    {
        TimeSpan waited = _probe.Waited;
        if (_probe.IsAnswered)
        {
            _isStarving &= waited > Patience;
            _probe.Send();
        }
        else if (waited > Patience && !_isStarving)
        {
            _isStarving = true;
            if (_items.Count is > 0 and int stuck)
            {
                Release(stuck);
            }
        }
    }

    private void Park()
    {
        _wake.Reset();
        Interlocked.Exchange(ref _parked, 1);

        // Who queued something before he could see that we sleep has set the traffic before.
        if (!_traffic)
        {
            _wake.Wait();
        }

        Interlocked.Exchange(ref _parked, 0);
        _wake.Reset();
    }

    /// <summary>Starts a thread where items wait and all threads are held by what followed others.</summary>
    private void Reinforce()
    {
        if (Interlocked.Exchange(ref _taken, 0) == 0 && !_items.IsEmpty)
        {
            StartThread();
        }
    }

    private void StartThread()
    {
        if (Interlocked.Increment(ref _threads) > MostThreads)
        {
            Interlocked.Decrement(ref _threads);
            return;
        }

        new Thread(Relieve) { IsBackground = true, Name = "LogEngine completions" }.UnsafeStart();
    }

    private void Relieve()
    {
        while (_ready.Wait(LongestIdle))
        {
            if (_items.TryDequeue(out IThreadPoolWorkItem? item))
            {
                Volatile.Write(ref _taken, 1);
                item.Execute();
            }
        }

        Interlocked.Decrement(ref _threads);

        // Whoever queued something between the two still saw this thread.
        if (!_items.IsEmpty)
        {
            StartThread();
        }
    }

    /// <summary>Stands in the pool's line for an item that may be taken before it comes up.</summary>
    private sealed class Ticket(ReliefThreads owner) : IThreadPoolWorkItem
    {
        public void Execute()
        {
            if (owner._items.TryDequeue(out IThreadPoolWorkItem? item))
            {
                item.Execute();
            }
        }
    }

    /// <summary>An item that shows how long the pool's line is.</summary>
    private sealed class Probe : IThreadPoolWorkItem
    {
        private long _sent = Stopwatch.GetTimestamp();
        private long _answered = Stopwatch.GetTimestamp();

        internal bool IsAnswered => Volatile.Read(ref _answered) != 0;

        /// <summary>How long it stood in line, or stands there.</summary>
        internal TimeSpan Waited => Volatile.Read(ref _answered) is not 0 and long answered
            ? Stopwatch.GetElapsedTime(_sent, answered)
            : Stopwatch.GetElapsedTime(_sent);

        public void Execute() => Volatile.Write(ref _answered, Stopwatch.GetTimestamp());

        internal void Send()
        {
            _sent = Stopwatch.GetTimestamp();
            Volatile.Write(ref _answered, 0);
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }
}
