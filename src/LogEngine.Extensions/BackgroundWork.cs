using System.Collections.Concurrent;

namespace LogEngine.Extensions;

/// <summary>What an application has running on its engines, for its health checks.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class BackgroundWork
{
    private readonly ConcurrentDictionary<object, (StorageEngine Engine, string What, Func<Exception?> Failure)>
        _started = new();

    /// <param name="worker">Who works.</param>
    /// <param name="engine">The engine that it works on.</param>
    /// <param name="what">What it does, as the subject of a sentence.</param>
    /// <param name="failure">Why it cannot go on at the moment; null while it can.</param>
    internal void Started(object worker, StorageEngine engine, string what, Func<Exception?> failure) =>
        _started[worker] = (engine, what, failure);

    /// <summary>It is told to stop: how it ends is nobody's health any more.</summary>
    internal void Stopping(object worker) => _started.TryRemove(worker, out _);

    /// <summary>
    /// What cannot go on on an engine, what has stopped before the others; null where there is nothing.
    /// </summary>
    internal WorkFailure? Worst(StorageEngine engine) => _started.Values
        .Where(started => started.Engine == engine)
        .Select(started => started.Failure() is { } cause ? new WorkFailure(started.What, cause) : null)
        .OfType<WorkFailure>()
        .OrderByDescending(failure => failure.HasStopped)
        .FirstOrDefault();
}

/// <summary>What keeps something from going on.</summary>
/// <param name="What">What it is.</param>
/// <param name="Cause">Why.</param>
internal sealed record WorkFailure(string What, Exception Cause)
{
    /// <summary>It will not try again.</summary>
    internal bool HasStopped => Cause is StorageFaultedException or ObjectDisposedException;
}
