using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace LogEngine.Awaiting;

/// <summary>The same as <see cref="PooledMethodBuilder{TResult}"/> for methods without a result.</summary>
internal struct PooledMethodBuilder
{
    private PooledMethodBuilder<bool> _inner;

    public readonly ValueTask Task => _inner.TaskWithoutResult;

    public static PooledMethodBuilder Create() => default;

    public readonly void Start<TStateMachine>(ref TStateMachine machine)
        where TStateMachine : IAsyncStateMachine => _inner.Start(ref machine);

    [SuppressMessage(
        "Performance", "CA1822", Justification = "What the compiler asks of a builder.")]
    public readonly void SetStateMachine(IAsyncStateMachine machine)
    {
        // Only for builders of old compilers.
    }

    public void SetResult() => _inner.SetResult(true);

    public void SetException(Exception exception) => _inner.SetException(exception);

    public void AwaitOnCompleted<TAwaiter, TStateMachine>(
        ref TAwaiter awaiter, ref TStateMachine machine)
        where TAwaiter : INotifyCompletion
        where TStateMachine : IAsyncStateMachine =>
        _inner.AwaitOnCompleted(ref awaiter, ref machine);

    public void AwaitUnsafeOnCompleted<TAwaiter, TStateMachine>(
        ref TAwaiter awaiter, ref TStateMachine machine)
        where TAwaiter : ICriticalNotifyCompletion
        where TStateMachine : IAsyncStateMachine =>
        _inner.AwaitUnsafeOnCompleted(ref awaiter, ref machine);
}
