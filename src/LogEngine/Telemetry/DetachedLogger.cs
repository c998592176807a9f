using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace LogEngine.Telemetry;

/// <summary>
/// Takes events where the engine does its own work and hands them to the user's logger elsewhere, one
/// after the other: a logger may write to the same engine and wait, or stand still for good, and
/// only what it is told stands still with it.
/// </summary>
/// <remarks>
/// At most <see cref="MostWaiting"/> events wait; further ones are dropped and counted, and the count
/// is told in their place. Closing waits for the events up to <see cref="LongestWait"/>, since the
/// process may end right after it.
/// </remarks>
internal sealed class DetachedLogger : ILogger, IThreadPoolWorkItem
{
    /// <summary>Events that wait for a slow logger.</summary>
    internal const int MostWaiting = 4096;

    /// <summary>How long closing waits for a slow logger.</summary>
    internal static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(1);

    private readonly ILogger _inner;
    private readonly Action<IThreadPoolWorkItem> _queue;
    private readonly ConcurrentQueue<Action> _events = new();

    /// <summary>Events told or waiting that have not been told to their end.</summary>
    private int _open;
    private int _dropped;
    private TaskCompletionSource? _drained;

    private DetachedLogger(ILogger inner, Action<IThreadPoolWorkItem> queue)
    {
        _inner = inner;
        _queue = queue;
    }

    /// <summary>Detaches a logger; of nobody's there is nothing to detach.</summary>
    /// <param name="inner">Must not throw.</param>
    /// <param name="queue">Runs an item soon, never on the calling stack.</param>
    internal static ILogger Of(ILogger inner, Action<IThreadPoolWorkItem> queue) =>
        inner is NullLogger ? inner : new DetachedLogger(inner, queue);

    /// <summary>Completes when all that was logged before has been told, or is overdue.</summary>
    internal static Task DrainAsync(ILogger logger) => logger is DetachedLogger detached
        ? Task.WhenAny(detached.DrainedAsync(), Task.Delay(LongestWait))
        : Task.CompletedTask;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => _inner.IsEnabled(logLevel);

    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter)
    {
        if (Volatile.Read(ref _open) >= MostWaiting)
        {
            Interlocked.Increment(ref _dropped);
            return;
        }

        _events.Enqueue(() => _inner.Log(logLevel, eventId, state, exception, formatter));
        if (Interlocked.Increment(ref _open) == 1)
        {
            _queue(this);
        }
    }

    /// <summary>Tells what there is; as long as something is open this is the only one that does.</summary>
    void IThreadPoolWorkItem.Execute()
    {
        do
        {
            // Counted after it was queued: it is there.
            if (_events.TryDequeue(out Action? tell))
            {
                tell();
            }

            if (Interlocked.Exchange(ref _dropped, 0) is > 0 and int dropped)
            {
                LogEvents.EventsDropped(_inner, dropped);
            }
        }
        while (Interlocked.Decrement(ref _open) > 0);
        Interlocked.Exchange(ref _drained, null)?.TrySetResult();
    }

    private Task DrainedAsync()
    {
        TaskCompletionSource fresh = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource drained =
            Interlocked.CompareExchange(ref _drained, fresh, null) ?? fresh;
        if (Volatile.Read(ref _open) == 0)
        {
            Interlocked.CompareExchange(ref _drained, null, drained);
            drained.TrySetResult();
        }

        return drained.Task;
    }
}
