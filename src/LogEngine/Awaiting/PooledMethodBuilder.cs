using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace LogEngine.Awaiting;

/// <summary>
/// Builder of async methods whose state is used again, in the steady state without an allocation,
/// and whose result may be handed to any caller: see <see cref="AwaitOnce"/>.
/// </summary>
/// <remarks>
/// The framework's PoolingAsyncValueTaskMethodBuilder takes the state back also when somebody asks
/// for a result that is not there, while the method is still running; so it is banned.
/// </remarks>
/// <typeparam name="TResult">What the method gives.</typeparam>
internal struct PooledMethodBuilder<TResult>
{
    /// <summary>Null until the method waits for the first time.</summary>
    private PooledCall<TResult>? _call;

    /// <summary>Of a method that never waited.</summary>
    private TResult? _result;
    private Exception? _error;

    /// <summary>Read once, by the method's caller, when it has ended or waits.</summary>
    public readonly ValueTask<TResult> Task => _call is { } call
        ? new ValueTask<TResult>(call, call.Token)
        : _error is null ? new ValueTask<TResult>(_result!) : Failed(_error);

    /// <summary>The same for a method that gives nothing.</summary>
    internal readonly ValueTask TaskWithoutResult => _call is { } call
        ? new ValueTask(call, call.Token)
        : _error is null ? default : new ValueTask(Failed(_error).AsTask());

    [SuppressMessage(
        "Design", "CA1000", Justification = "What the compiler asks of a builder.")]
    public static PooledMethodBuilder<TResult> Create() => default;

    [SuppressMessage(
        "Performance", "CA1822", Justification = "What the compiler asks of a builder.")]
    public readonly void Start<TStateMachine>(ref TStateMachine machine)
        where TStateMachine : IAsyncStateMachine =>
        default(AsyncValueTaskMethodBuilder).Start(ref machine);

    [SuppressMessage(
        "Performance", "CA1822", Justification = "What the compiler asks of a builder.")]
    public readonly void SetStateMachine(IAsyncStateMachine machine)
    {
        // Only for builders of old compilers.
    }

    public void SetResult(TResult result)
    {
        if (_call is null)
        {
            _result = result;
        }
        else
        {
            _call.SetResult(result);
        }
    }

    public void SetException(Exception exception)
    {
        if (_call is null)
        {
            _error = exception;
        }
        else
        {
            _call.SetException(exception);
        }
    }

    public void AwaitOnCompleted<TAwaiter, TStateMachine>(
        ref TAwaiter awaiter, ref TStateMachine machine)
        where TAwaiter : INotifyCompletion
        where TStateMachine : IAsyncStateMachine =>
        awaiter.OnCompleted(CallOf(ref machine).MoveNext);

    public void AwaitUnsafeOnCompleted<TAwaiter, TStateMachine>(
        ref TAwaiter awaiter, ref TStateMachine machine)
        where TAwaiter : ICriticalNotifyCompletion
        where TStateMachine : IAsyncStateMachine =>
        awaiter.UnsafeOnCompleted(CallOf(ref machine).MoveNext);

    private PooledCall<TResult> CallOf<TStateMachine>(ref TStateMachine machine)
        where TStateMachine : IAsyncStateMachine
    {
        if (_call is null)
        {
            PooledCall<TResult, TStateMachine> call = PooledCall<TResult, TStateMachine>.Rent();

            // First: the machine that is copied holds this builder.
            _call = call;
            call.Machine = machine;
        }

        _call.NoteFlow();
        return _call;
    }

    /// <summary>As an async method fails, or ends as cancelled, without having waited.</summary>
    private static ValueTask<TResult> Failed(Exception error)
    {
        AsyncValueTaskMethodBuilder<TResult> plain = default;
        plain.SetException(error);
        return plain.Task;
    }
}
