using System.Threading.Tasks.Sources;

namespace LogEngine.Compare.Engines;

/// <summary>A pooled completion; its continuation runs as a work item of its own.</summary>
internal sealed class BareWaiter : IValueTaskSource<long>, IThreadPoolWorkItem
{
    private static readonly Lock PoolLock = new();
    private static readonly Stack<BareWaiter> Pool = new(1024);

    // A thread that takes a result usually makes the next append: it finds its own waiter here.
    [ThreadStatic]
    private static BareWaiter? _ownOfThread;

    private ManualResetValueTaskSourceCore<long> _core;

    /// <summary>The sequence that the waiter completes with.</summary>
    internal long Sequence { get; set; }

    /// <summary>Awaits this use of the waiter; exactly once.</summary>
    internal ValueTask<long> Task => new(this, _core.Version);

    /// <summary>A waiter that nobody else has.</summary>
    internal static BareWaiter Rent()
    {
        BareWaiter? own = _ownOfThread;
        if (own is not null)
        {
            _ownOfThread = null;
            return own;
        }

        lock (PoolLock)
        {
            return Pool.TryPop(out BareWaiter? pooled) ? pooled : new BareWaiter();
        }
    }

    /// <inheritdoc/>
    public void Execute() => _core.SetResult(Sequence);

    /// <inheritdoc/>
    public long GetResult(short token)
    {
        long sequence = _core.GetResult(token);
        _core.Reset();
        if (_ownOfThread is null)
        {
            _ownOfThread = this;
            return sequence;
        }

        lock (PoolLock)
        {
            Pool.Push(this);
        }

        return sequence;
    }

    /// <inheritdoc/>
    public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

    /// <inheritdoc/>
    public void OnCompleted(
        Action<object?> continuation,
        object? state,
        short token,
        ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);
}
