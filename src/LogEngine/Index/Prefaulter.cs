namespace LogEngine.Index;

/// <summary>Faults pages in ahead of the writer, on a pool thread.</summary>
/// <remarks>
/// While a pin holds old pages back every change takes fresh ones, and a first touch costs more
/// than the change. It writes nothing that could be seen: adding 0 to a word, atomically, changes
/// no byte, even if the writer has overtaken it and the page is in use.
/// </remarks>
internal sealed unsafe class Prefaulter(PageArena arena, int maxPages) : IThreadPoolWorkItem
{
    /// <summary>Of what is in use, so much is prepared ahead.</summary>
    private const int Share = 8;
    private const int MinPages = 32;
    private const int SystemPageBytes = 4096;

    private const int Idle = 0;
    private const int Queued = 1;
    private const int Running = 2;
    private const int Stopped = 3;

    private int _state;

    /// <summary>What the queued work is to touch; written before it is queued.</summary>
    private uint _from;
    private uint _to;

    /// <summary>The writer's: touched up to here, and when to go on.</summary>
    private uint _touched = 1;
    private uint _goOnAt = 1;

    /// <summary>The writer has taken a page for the first time.</summary>
    internal void Used(uint id)
    {
        if (id >= _goOnAt)
        {
            GoOn(id);
        }
    }

    /// <summary>Returns when no page will be touched any more.</summary>
    internal void Stop()
    {
        SpinWait wait = default;
        while (true)
        {
            int seen = Volatile.Read(ref _state);
            if (seen != Running
                && Interlocked.CompareExchange(ref _state, Stopped, seen) == seen)
            {
                return;
            }

            wait.SpinOnce();
        }
    }

    /// <inheritdoc/>
    public void Execute()
    {
        if (Interlocked.CompareExchange(ref _state, Running, Queued) != Queued)
        {
            return;
        }

        for (uint id = _from; id < _to; id += SystemPageBytes / Page.Size)
        {
            Interlocked.Or(ref *(int*)arena[id].Start, 0);
        }

        GC.KeepAlive(arena);
        Volatile.Write(ref _state, Idle);
    }

    private void GoOn(uint id)
    {
        if (Volatile.Read(ref _state) != Idle)
        {
            return;
        }

        uint ahead = (uint)Math.Min(maxPages, Math.Max(MinPages, id / Share));
        _from = Math.Max(_touched, id + 1);

        // Not beyond what is reserved: asking for more could fail in the middle of a change.
        _to = Math.Min(id + ahead, arena.Limit);
        _goOnAt = id + Math.Max(1, (_to - id) / 2);
        if (_from < _to)
        {
            _touched = _to;
            Volatile.Write(ref _state, Queued);
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }
}
