using LogEngine.Log;

namespace LogEngine.Engine;

/// <summary>Waits until what was written survives a power loss.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class SyncWait(LogWriter log, IScheduler scheduler)
{
    /// <summary>Completes once a sequence that was given is durable; forces the sync.</summary>
    internal ValueTask WaitAsync(long sequence, CancellationToken cancellationToken)
    {
        if (sequence <= log.View.Durable)
        {
            return ValueTask.CompletedTask;
        }

        Task wait = scheduler.Until(log.Committer.WaitDurableAsync(sequence));
        return new ValueTask(wait.IsCompleted ? wait : wait.WaitAsync(cancellationToken));
    }
}
