using System.Diagnostics;

namespace LogEngine.Stores.Queues;

/// <summary>
/// Receives messages and hands each to a handler, a bounded number at a time. A handler that returns
/// acknowledges, unless it has settled the message itself; one that throws gives it back with a delay.
/// </summary>
/// <remarks>Thread-safe. Started once and stopped once.</remarks>
public sealed class QueueProcessor : IAsyncDisposable
{
    private readonly DurableQueue _queue;
    private readonly Func<QueueDelivery, CancellationToken, ValueTask> _handler;
    private readonly QueueProcessorOptions _options;

    /// <summary>Ends receiving.</summary>
    private readonly CancellationTokenSource _stopping = new();

    /// <summary>Ends handlers that are not given more time.</summary>
    private readonly CancellationTokenSource _aborting = new();
    private readonly SemaphoreSlim _places;
    private readonly Lock _gate = new();
    private Task? _running;

    /// <summary>Prepares a processor; <see cref="Start"/> starts it.</summary>
    /// <param name="queue">The queue; the processor does not close it.</param>
    /// <param name="handler">Deals with one message; its token ends when it must hurry no more.</param>
    /// <param name="options">Options; all defaults where null.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public QueueProcessor(
        DurableQueue queue,
        Func<QueueDelivery, CancellationToken, ValueTask> handler,
        QueueProcessorOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(queue);
        ArgumentNullException.ThrowIfNull(handler);
        _queue = queue;
        _handler = handler;
        _options = options ?? new QueueProcessorOptions();
        _options.Validate();
        _places = new SemaphoreSlim(_options.Concurrency, _options.Concurrency);
    }

    /// <summary>
    /// Completes when it has stopped; fails with what stopped it, such as a fault of the engine.
    /// </summary>
    public Task Completion
    {
        get
        {
            lock (_gate)
            {
                return _running ?? Task.CompletedTask;
            }
        }
    }

    /// <summary>Starts receiving.</summary>
    /// <exception cref="InvalidOperationException">It was started before.</exception>
    public void Start()
    {
        lock (_gate)
        {
            _running = _running is null
                ? Task.Run(RunAsync)
                : throw new InvalidOperationException("The processor was started before.");
        }
    }

    /// <summary>
    /// Receives nothing more and lets handlers finish; when the token ends, theirs does too, and what
    /// they leave is delivered again.
    /// </summary>
    /// <param name="cancellationToken">Ends the patience.</param>
    public async Task StopAsync(CancellationToken cancellationToken = default)
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        CancellationTokenRegistration hurry = cancellationToken.UnsafeRegister(
            static state => ((CancellationTokenSource)state!).Cancel(), _aborting);
        await using (hurry.ConfigureAwait(false))
        {
            await Completion.ConfigureAwait(false);
        }
    }

    /// <summary>Stops without patience.</summary>
    public async ValueTask DisposeAsync()
    {
        await _aborting.CancelAsync().ConfigureAwait(false);
        await StopAsync().ConfigureAwait(false);
    }

    private async Task RunAsync()
    {
        try
        {
            while (!_stopping.IsCancellationRequested)
            {
                await _places.WaitAsync(_stopping.Token).ConfigureAwait(false);
                QueueDelivery? delivery = null;
                try
                {
                    delivery = await _queue.ReceiveAsync(
                        Timeout.InfiniteTimeSpan, cancellationToken: _stopping.Token)
                        .ConfigureAwait(false);
                }
                finally
                {
                    if (delivery is null)
                    {
                        _places.Release();
                    }
                }

                // Its place is given back at its end; a failure of its own is never thrown.
                _ = HandleAsync(delivery!);
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // How it ends.
        }
        finally
        {
            for (int place = 0; place < _options.Concurrency; place++)
            {
                await _places.WaitAsync().ConfigureAwait(false);
            }
        }
    }

    private async Task HandleAsync(QueueDelivery delivery)
    {
        // Leaves the receiving loop at once, whatever the handler does first.
        await Task.Yield();
        TimeProvider time = _queue.Engine.TimeProvider;
        long started = time.GetTimestamp();
        using Activity? activity = QueueMetrics.StartProcessing(delivery);
        Exception? failure = null;
        try
        {
            await RenewingAsync(delivery).ConfigureAwait(false);
            if (!delivery.IsSettled)
            {
                await delivery.AcknowledgeAsync().ConfigureAwait(false);
            }
        }
#pragma warning disable CA1031 // Whatever a handler throws: the message is given back and it is told.
        catch (Exception error)
        {
            failure = error;
            activity?.SetStatus(ActivityStatusCode.Error, error.Message);
            _options.OnFailure?.Invoke(delivery, error);
            await GiveBackAsync(delivery, error).ConfigureAwait(false);
        }
#pragma warning restore CA1031
        finally
        {
            QueueMetrics.Processed(_queue.Name, time.GetElapsedTime(started), failure);
            _places.Release();
        }
    }

    private async Task GiveBackAsync(QueueDelivery delivery, Exception error)
    {
        if (delivery.IsSettled || error is LeaseLostException)
        {
            return;
        }

        try
        {
            // Not this message's fault: it need not wait.
            TimeSpan delay = error is OperationCanceledException && _aborting.IsCancellationRequested
                ? TimeSpan.Zero
                : _options.DelayAfter(delivery.DeliveryCount);
            await delivery.NegativeAcknowledgeAsync(delay, $"{error.GetType().Name}: {error.Message}")
                .ConfigureAwait(false);
        }
#pragma warning disable CA1031 // The lease ends by itself; it is told.
        catch (Exception second)
        {
            _options.OnFailure?.Invoke(delivery, second);
        }
#pragma warning restore CA1031
    }

    private async ValueTask RenewingAsync(QueueDelivery delivery)
    {
        if (!_options.RenewLeases)
        {
            await _handler(delivery, _aborting.Token).ConfigureAwait(false);
            return;
        }

        ITimer timer = _queue.Engine.TimeProvider.CreateTimer(
            static state => TryRenew((QueueDelivery)state!),
            delivery,
            _queue.Options.LeaseDuration / 2,
            _queue.Options.LeaseDuration / 2);
        await using (timer.ConfigureAwait(false))
        {
            await _handler(delivery, _aborting.Token).ConfigureAwait(false);
        }
    }

    private static void TryRenew(QueueDelivery delivery)
    {
        try
        {
            delivery.Renew();
        }
        catch (Exception error) when (error is LeaseLostException or ObjectDisposedException)
        {
            // Settled meanwhile, or lost: the handler's own settlement says so.
        }
    }
}
