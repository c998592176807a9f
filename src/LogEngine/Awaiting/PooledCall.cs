using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Threading.Tasks.Sources;

namespace LogEngine.Awaiting;

/// <summary>A call of an async method that waits: its result, and who waits for that.</summary>
internal abstract class PooledCall<TResult> : IValueTaskSource<TResult>, IValueTaskSource
{
    private AwaitOnce _await;
    private TResult? _result;
    private Exception? _error;

    private protected PooledCall() => MoveNext = Continue;

    /// <summary>Goes on with the method.</summary>
    internal Action MoveNext { get; }

    internal short Token => _await.Token;

    /// <summary>What flows into the rest of the method; null for nothing.</summary>
    private protected ExecutionContext? Flow { get; set; }

    ValueTaskSourceStatus IValueTaskSource<TResult>.GetStatus(short token) => StatusOf(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => StatusOf(token);

    void IValueTaskSource<TResult>.OnCompleted(
        Action<object?> continuation,
        object? state,
        short token,
        ValueTaskSourceOnCompletedFlags flags) =>
        _await.OnCompleted(continuation, state, token, flags);

    void IValueTaskSource.OnCompleted(
        Action<object?> continuation,
        object? state,
        short token,
        ValueTaskSourceOnCompletedFlags flags) =>
        _await.OnCompleted(continuation, state, token, flags);

    TResult IValueTaskSource<TResult>.GetResult(short token) => TakeResult(token);

    void IValueTaskSource.GetResult(short token) => TakeResult(token);

    /// <summary>The method is about to wait.</summary>
    internal void NoteFlow() => Flow = ExecutionContext.Capture();

    internal void SetResult(TResult result)
    {
        _result = result;
        _await.SetComplete();
    }

    internal void SetException(Exception error)
    {
        _error = error;
        _await.SetComplete();
    }

    private protected abstract void Continue();

    /// <summary>The result has been taken: forgets the call and may serve another.</summary>
    private protected abstract void Return();

    private ValueTaskSourceStatus StatusOf(short token) => _await.StatusOf(token, _error);

    private TResult TakeResult(short token)
    {
        _await.Take(token);
        TResult result = _result!;
        Exception? error = _error;
        _result = default;
        _error = null;
        Flow = null;
        if (!_await.IsWornOut)
        {
            Return();
        }

        if (error is not null)
        {
            ExceptionDispatchInfo.Throw(error);
        }

        return result;
    }
}

/// <summary>The same with the method's own state.</summary>
internal sealed class PooledCall<TResult, TStateMachine>
    : PooledCall<TResult>, IReusable<PooledCall<TResult, TStateMachine>>
    where TStateMachine : IAsyncStateMachine
{
    /// <summary>Free ones of which threads did not keep theirs.</summary>
    private static readonly FreeList<PooledCall<TResult, TStateMachine>> Free = new();

    /// <summary>The one that this thread gave back last.</summary>
    [ThreadStatic]
    private static PooledCall<TResult, TStateMachine>? _ownOfThread;

    /// <summary>The method's state while it waits.</summary>
    internal TStateMachine Machine = default!;

    PooledCall<TResult, TStateMachine>? IReusable<PooledCall<TResult, TStateMachine>>.NextFree
    {
        get;
        set;
    }

    internal static PooledCall<TResult, TStateMachine> Rent()
    {
        PooledCall<TResult, TStateMachine>? own = _ownOfThread;
        if (own is not null)
        {
            _ownOfThread = null;
            return own;
        }

        return Free.TryTake() ?? new PooledCall<TResult, TStateMachine>();
    }

    private protected override void Continue()
    {
        if (Flow is { } flow)
        {
            ExecutionContext.Run(
                flow,
                static self => ((PooledCall<TResult, TStateMachine>)self!).Machine.MoveNext(),
                this);
        }
        else
        {
            Machine.MoveNext();
        }
    }

    private protected override void Return()
    {
        Machine = default!;
        if (_ownOfThread is null)
        {
            _ownOfThread = this;
        }
        else
        {
            Free.Return(this);
        }
    }
}
