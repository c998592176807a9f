using LogEngine.Stores.Queues;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace LogEngine.Extensions;

/// <summary>Runs a <see cref="QueueProcessor"/> for as long as the application runs.</summary>
internal sealed class QueueProcessorService(
    QueueProcessing processing,
    IServiceProvider services,
    BackgroundWork work,
    ILoggerFactory loggers) : IHostedService
{
    private readonly ILogger _logger = loggers.CreateLogger("LogEngine.Extensions.QueueProcessor");
    private QueueProcessor? _processor;
    private Task _watching = Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (!processing.HasHandlers)
        {
            return Task.CompletedTask;
        }

        DurableQueue queue = services.GetRequiredKeyedService<DurableQueue>(processing.Queue);
        _processor = Create(processing, queue, services, null, OnFailure);
        _processor.Start();
        work.Started(
            _processor,
            queue.Engine,
            $"The processor of queue '{processing.Queue}'",
            () => _processor.Failure);
        _watching = WatchAsync(_processor);
        Log.ProcessorStarted(_logger, processing.Queue);
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_processor is not null)
        {
            work.Stopping(_processor);
            try
            {
                await _processor.StopAsync(cancellationToken).ConfigureAwait(false);
                Log.ProcessorStopped(_logger, processing.Queue);
            }
            catch (Exception error) when (error is StorageFaultedException or ObjectDisposedException)
            {
                // Told by the watch.
            }

            await _watching.ConfigureAwait(false);
        }
    }

    /// <summary>A processor that does what the application said of the queue.</summary>
    /// <param name="processing">What it said.</param>
    /// <param name="queue">The queue.</param>
    /// <param name="services">The application's services.</param>
    /// <param name="onBegin">Told of each delivery before its handler; null for nobody.</param>
    /// <param name="onFailure">Told of each failure.</param>
    internal static QueueProcessor Create(
        QueueProcessing processing,
        DurableQueue queue,
        IServiceProvider services,
        Action<QueueDelivery>? onBegin,
        Action<QueueDelivery, Exception> onFailure)
    {
        MessageDispatcher dispatcher = new(
            processing, queue, services.GetRequiredService<IServiceScopeFactory>());
        return new QueueProcessor(
            queue,
            (delivery, cancellationToken) =>
            {
                onBegin?.Invoke(delivery);
                return dispatcher.HandleAsync(delivery, cancellationToken);
            },
            processing.Options with { OnFailure = onFailure });
    }

    private void OnFailure(QueueDelivery delivery, Exception error)
    {
        Log.HandlerFailed(
            _logger, delivery.Id, processing.Queue, delivery.DeliveryCount, error);
        processing.Options.OnFailure?.Invoke(delivery, error);
    }

    /// <summary>A processor that ends by itself is told of at once, not when the application stops.</summary>
    private async Task WatchAsync(QueueProcessor processor)
    {
        try
        {
            await processor.Completion.ConfigureAwait(false);
        }
#pragma warning disable CA1031 // Whatever it was: it is logged, the application goes on.
        catch (Exception error)
        {
            Log.ProcessorFailed(_logger, processing.Queue, error);
        }
#pragma warning restore CA1031
    }
}
