using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace LogEngine.Extensions;

/// <summary>Enqueues what recurs, for as long as the application runs.</summary>
internal sealed class RecurringService(
    RecurringQueue place,
    IServiceProvider services,
    BackgroundWork work,
    ILoggerFactory loggers) : BackgroundService
{
    /// <summary>
    /// Looks at least as often: a wall clock may jump, and another process may have set what is due sooner.
    /// </summary>
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    /// <summary>Before what failed is tried again.</summary>
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromSeconds(5);

    private readonly ILogger _logger = loggers.CreateLogger("LogEngine.Extensions.Recurring");
    private volatile Exception? _failure;

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        RecurringMessages messages = await place.SetAllAsync(services, cancellationToken)
            .ConfigureAwait(false);
        work.Started(
            this, messages.Queue.Engine, $"The recurring messages of queue '{place.Queue}'", () => _failure);
        await base.StartAsync(cancellationToken).ConfigureAwait(false);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        work.Stopping(this);
        await base.StopAsync(cancellationToken).ConfigureAwait(false);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        RecurringMessages messages = services.GetRequiredKeyedService<RecurringMessages>(place.Queue);
        while (!stoppingToken.IsCancellationRequested)
        {
            // Taken first: what is set while it looks is not missed.
            Task changed = messages.Changed;
            try
            {
                TimeSpan pause = await LookAsync(messages, stoppingToken).ConfigureAwait(false);
                await WaitAsync(messages.Queue.Engine, changed, pause, stoppingToken)
                    .ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error) when (error is StorageFaultedException or ObjectDisposedException)
            {
                _failure = error;
                Log.RecurringStopped(_logger, place.Queue, error);
                return;
            }
        }
    }

    /// <returns>How long nothing is due.</returns>
    private async Task<TimeSpan> LookAsync(
        RecurringMessages messages, CancellationToken cancellationToken)
    {
        try
        {
            RecurringRun run = await messages.RunDueAsync(cancellationToken).ConfigureAwait(false);
            _failure = null;
            TimeSpan pause = run.Failed > 0 ? PauseAfterFailure : LongestPause;
            return run.NextDue - messages.Queue.Engine.TimeProvider.GetUtcNow() is { } due && due < pause
                ? due
                : pause;
        }
        catch (Exception error) when (error is not OperationCanceledException
            and not StorageFaultedException and not ObjectDisposedException)
        {
            _failure = error;
            Log.RecurringFailed(_logger, "*", place.Queue, error);
            return PauseAfterFailure;
        }
    }

    /// <exception cref="StorageFaultedException">The engine is faulted.</exception>
    /// <exception cref="ObjectDisposedException">The engine is closed.</exception>
    private static async Task WaitAsync(
        StorageEngine engine, Task changed, TimeSpan pause, CancellationToken cancellationToken)
    {
        using CancellationTokenSource ending = CancellationTokenSource.CreateLinkedTokenSource(
            cancellationToken, engine.Stopping);
        Task delay = Task.Delay(
            TimeSpan.FromMilliseconds(Math.Max(0, Math.Ceiling(pause.TotalMilliseconds))),
            engine.TimeProvider,
            ending.Token);
        await Task.WhenAny(delay, changed).ConfigureAwait(false);
        await ending.CancelAsync().ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        if (engine.Faulted.IsCompleted)
        {
            throw await engine.Faulted.ConfigureAwait(false);
        }

        ObjectDisposedException.ThrowIf(engine.Stopping.IsCancellationRequested, engine);
    }
}
