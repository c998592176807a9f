using System.Threading.Tasks.Sources;

namespace LogEngine.Awaiting;

/// <summary>What a caller wants run once his outcome is there, and where; default for nothing.</summary>
/// <param name="Action">What is run.</param>
/// <param name="State">What it is given.</param>
/// <param name="Place">
/// A synchronization context or task scheduler to run it on; null for whoever completes.
/// </param>
/// <param name="Flow">The execution context to run it in; null for any.</param>
internal readonly record struct Continuation(
    Action<object?>? Action, object? State, object? Place, ExecutionContext? Flow)
{
    internal static Continuation Of(
        Action<object?> action, object? state, ValueTaskSourceOnCompletedFlags flags)
    {
        ExecutionContext? flow =
            (flags & ValueTaskSourceOnCompletedFlags.FlowExecutionContext) != 0
                ? ExecutionContext.Capture()
                : null;
        object? place = (flags & ValueTaskSourceOnCompletedFlags.UseSchedulingContext) != 0
            ? PresentPlace()
            : null;
        return new Continuation(action, state, place, flow);
    }

    /// <summary>Runs it, here or at its place.</summary>
    internal void Run()
    {
        if (Action is null)
        {
            return;
        }

        if (Flow is null)
        {
            Dispatch();
        }
        else
        {
            ExecutionContext.Run(Flow, static self => ((Continuation)self!).Dispatch(), this);
        }
    }

    /// <summary>Runs it soon, never on this stack: its caller is still registering it.</summary>
    internal void Queue()
    {
        if (Place is null)
        {
            ThreadPool.UnsafeQueueUserWorkItem(
                static self => self.Run(), this, preferLocal: true);
        }
        else
        {
            Run();
        }
    }

    private void Dispatch()
    {
        switch (Place)
        {
            case SynchronizationContext context:
                context.Post(new SendOrPostCallback(Action!), State);
                break;
            case TaskScheduler scheduler:
                Task.Factory.StartNew(
                    Action!,
                    State,
                    CancellationToken.None,
                    TaskCreationOptions.DenyChildAttach,
                    scheduler);
                break;
            default:
                Action!(State);
                break;
        }
    }

    private static object? PresentPlace()
    {
        if (SynchronizationContext.Current is { } context
            && context.GetType() != typeof(SynchronizationContext))
        {
            return context;
        }

        TaskScheduler scheduler = TaskScheduler.Current;
        return ReferenceEquals(scheduler, TaskScheduler.Default) ? null : scheduler;
    }
}
