namespace LogEngine.Awaiting;

/// <summary>What can stand in a <see cref="FreeList{T}"/>.</summary>
internal interface IReusable<T>
    where T : class
{
    /// <summary>The next free one; the list's alone.</summary>
    T? NextFree { get; set; }
}

/// <summary>
/// Objects that nobody uses at the moment, to be used again: with many calls in flight as many as were ever
/// in use at once, up to a bound, since what comes back in one burst is wanted in the next.
/// </summary>
/// <remarks>
/// Thread-safe, and waits for nobody: where another thread is at a stack in this moment the next one is
/// looked at, and in the end an object is made anew or left to the collector.
/// </remarks>
internal sealed class FreeList<T>
    where T : class, IReusable<T>
{
    /// <summary>Most objects that are kept for each processor.</summary>
    private const int MostOfProcessor = 1024;

    private readonly Stack[] _stacks = new Stack[Environment.ProcessorCount];

    internal FreeList()
    {
        for (int i = 0; i < _stacks.Length; i++)
        {
            _stacks[i] = new Stack();
        }
    }

    /// <summary>Takes a free one; null where there is none.</summary>
    internal T? TryTake()
    {
        int own = Thread.GetCurrentProcessorId() % _stacks.Length;
        for (int i = 0; i < _stacks.Length; i++)
        {
            // Behind the own one, since threads move: it was given back where its user ended.
            if (_stacks[(own + i) % _stacks.Length].TryPop() is { } free)
            {
                return free;
            }
        }

        return null;
    }

    /// <summary>Gives one back, once; its user does not touch it again.</summary>
    internal void Return(T free)
    {
        int own = Thread.GetCurrentProcessorId() % _stacks.Length;
        for (int i = 0; i < _stacks.Length; i++)
        {
            if (_stacks[(own + i) % _stacks.Length].TryPush(free))
            {
                return;
            }
        }
    }

    private sealed class Stack
    {
        private T? _first;
        private int _count;

        /// <summary>1 while a thread is at it: a few instructions.</summary>
        private int _taken;

        internal T? TryPop()
        {
            // Without it: an empty stack is not worth a turn, and what is missed is made anew.
            if (Volatile.Read(ref _first) is null || Interlocked.Exchange(ref _taken, 1) != 0)
            {
                return null;
            }

            T? first = _first;
            if (first is not null)
            {
                _first = first.NextFree;
                first.NextFree = null;
                _count--;
            }

            Volatile.Write(ref _taken, 0);
            return first;
        }

        internal bool TryPush(T free)
        {
            if (Interlocked.Exchange(ref _taken, 1) != 0)
            {
                return false;
            }

            bool hasRoom = _count < MostOfProcessor;
            if (hasRoom)
            {
                free.NextFree = _first;
                Volatile.Write(ref _first, free);
                _count++;
            }

            Volatile.Write(ref _taken, 0);
            return hasRoom;
        }
    }
}
