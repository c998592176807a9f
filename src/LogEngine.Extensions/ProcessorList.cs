using System.Collections.Concurrent;
using LogEngine.Stores.Queues;

namespace LogEngine.Extensions;

/// <summary>The processors that an application has started, for its health checks.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class ProcessorList
{
    private readonly ConcurrentDictionary<QueueProcessor, (string Engine, string Queue)> _started =
        new();

    internal void Started(QueueProcessor processor, string engine, string queue) =>
        _started[processor] = (engine, queue);

    /// <summary>It is told to stop: how it ends is nobody's health any more.</summary>
    internal void Stopping(QueueProcessor processor) => _started.TryRemove(processor, out _);

    /// <summary>
    /// A processor on an engine that cannot receive, one that has stopped before the others; null
    /// where there is none.
    /// </summary>
    internal ProcessorFailure? Worst(string engine) => _started
        .Where(started => started.Value.Engine == engine && started.Key.Failure is not null)
        .Select(started => new ProcessorFailure(started.Value.Queue, started.Key.Failure!))
        .OrderByDescending(failure => failure.HasStopped)
        .FirstOrDefault();
}

/// <summary>What keeps a processor from receiving.</summary>
/// <param name="Queue">Its queue.</param>
/// <param name="Cause">Why.</param>
internal sealed record ProcessorFailure(string Queue, Exception Cause)
{
    /// <summary>It will not try again.</summary>
    internal bool HasStopped => Cause is StorageFaultedException or ObjectDisposedException;
}
