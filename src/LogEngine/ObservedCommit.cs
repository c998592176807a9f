using LogEngine.Telemetry;
using Microsoft.Extensions.Logging;

namespace LogEngine;

/// <summary>
/// The commit of a batch with those who take part. They are told the outcome also where the caller no
/// longer waits for it.
/// </summary>
internal static class ObservedCommit
{
    internal static async ValueTask<CommitResult> RunAsync(
        WriteBatch batch,
        IReadOnlyList<IBatchObserver> observers,
        Func<ValueTask<CommitResult>> commit,
        ILoggerFactory loggers,
        CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            throw new AppendCanceledException(mayBeWritten: false, cancellationToken);
        }

        batch.RequireOpen();
        int taking = 0;
        Task<CommitResult> running;
        try
        {
            // By index: an observer may bring in another one.
            for (; taking < observers.Count; taking++)
            {
                await observers[taking].CommittingAsync(batch).ConfigureAwait(false);
            }

            if (batch.IsEmpty)
            {
                throw new ArgumentException(
                    "The batch is empty; add an operation.", nameof(batch));
            }

            running = TellAsync(observers, commit, loggers);
        }
        catch
        {
            Tell(observers.Take(taking), null, loggers);
            throw;
        }

        if (!cancellationToken.CanBeCanceled || running.IsCompleted)
        {
            return await running.ConfigureAwait(false);
        }

        try
        {
            return await running.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return running.IsCompleted
                ? await running.ConfigureAwait(false)
                : throw new AppendCanceledException(mayBeWritten: true, cancellationToken);
        }
    }

    private static async Task<CommitResult> TellAsync(
        IReadOnlyList<IBatchObserver> observers,
        Func<ValueTask<CommitResult>> commit,
        ILoggerFactory loggers)
    {
        CommitResult? outcome = null;
        try
        {
            CommitResult result = await commit().ConfigureAwait(false);
            outcome = result;
            return result;
        }
        finally
        {
            Tell(observers, outcome, loggers);
        }
    }

    /// <summary>Tells all of them, whatever one of them throws: the others keep state by it.</summary>
    private static void Tell(
        IEnumerable<IBatchObserver> observers, CommitResult? outcome, ILoggerFactory loggers)
    {
        foreach (IBatchObserver observer in observers)
        {
            try
            {
                observer.Completed(outcome);
            }
#pragma warning disable CA1031 // Whatever it throws: the batch is written, or is not.
            catch (Exception error)
            {
                LogEvents.CallbackFailed(
                    LogCategories.Create(loggers, LogCategories.Engine),
                    $"{observer.GetType().Name}.{nameof(IBatchObserver.Completed)}",
                    error);
            }
#pragma warning restore CA1031
        }
    }
}
