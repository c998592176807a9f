using LogEngine.Telemetry;
using Microsoft.Extensions.Logging;

namespace LogEngine.Engine;

/// <summary>
/// Tells those who wait for what only a write can bring that no more are taken. Nobody waits for them: what
/// others registered must not hold up a close.
/// </summary>
internal sealed class StopSignal(ILoggerFactory loggers)
{
    private readonly CancellationTokenSource _stopping = new();

    internal CancellationToken Token => _stopping.Token;

    /// <summary>Gives it once there is a fault.</summary>
    internal void GiveWhen(Task<StorageFaultedException> faulted) =>
        faulted.ContinueWith(
            (_, signal) => ((StopSignal)signal!).Give(),
            this,
            CancellationToken.None,
            TaskContinuationOptions.None,
            TaskScheduler.Default);

    /// <summary>Gives it; what is registered runs on the pool, and what that throws is logged.</summary>
    internal async void Give()
    {
        try
        {
            await _stopping.CancelAsync().ConfigureAwait(false);
        }
        catch (AggregateException error)
        {
            LogEvents.CallbackFailed(
                LogCategories.Create(loggers, LogCategories.Engine),
                "Stopping",
                error);
        }
    }
}
