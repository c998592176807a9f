using LogEngine.Stores.Queues;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace LogEngine.Extensions;

/// <summary>Runs a <see cref="QueueProcessor"/> for as long as the application runs.</summary>
/// <typeparam name="THandler">Deals with the messages.</typeparam>
internal sealed class QueueProcessorService<THandler>(
    string engineName,
    string queueName,
    QueueProcessorOptions options,
    IServiceProvider services,
    IServiceScopeFactory scopes,
    ProcessorList processors,
    ILoggerFactory loggers) : IHostedService
    where THandler : class, IQueueHandler
{
    private readonly ILogger _logger = loggers.CreateLogger("LogEngine.Extensions.QueueProcessor");
    private QueueProcessor? _processor;
    private Task _watching = Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        DurableQueue queue = services.GetRequiredKeyedService<DurableQueue>(queueName);
        _processor = new QueueProcessor(queue, HandleAsync, options with { OnFailure = OnFailure });
        _processor.Start();
        processors.Started(_processor, engineName, queueName);
        _watching = WatchAsync(_processor);
        Log.ProcessorStarted(_logger, queueName);
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_processor is not null)
        {
            processors.Stopping(_processor);
            try
            {
                await _processor.StopAsync(cancellationToken).ConfigureAwait(false);
                Log.ProcessorStopped(_logger, queueName);
            }
            catch (Exception error) when (error is StorageFaultedException or ObjectDisposedException)
            {
                // Told by the watch.
            }

            await _watching.ConfigureAwait(false);
        }
    }

    private async ValueTask HandleAsync(
        QueueDelivery delivery, CancellationToken cancellationToken)
    {
        AsyncServiceScope scope = scopes.CreateAsyncScope();
        await using (scope.ConfigureAwait(false))
        {
            await scope.ServiceProvider.GetRequiredService<THandler>()
                .HandleAsync(delivery, cancellationToken).ConfigureAwait(false);
        }
    }

    private void OnFailure(QueueDelivery delivery, Exception error)
    {
        Log.HandlerFailed(_logger, delivery.Id, queueName, delivery.DeliveryCount, error);
        options.OnFailure?.Invoke(delivery, error);
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
            Log.ProcessorFailed(_logger, queueName, error);
        }
#pragma warning restore CA1031
    }
}
