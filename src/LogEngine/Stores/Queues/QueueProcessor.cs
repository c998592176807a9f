using LogEngine.Telemetry;

namespace LogEngine.Stores.Queues;

/// <summary>
/// Receives messages and hands each to a handler, a bounded number at a time. A handler that returns
/// acknowledges, unless it has settled the message itself; one that throws gives it back with a delay.
/// </summary>
/// <remarks>
/// Thread-safe. Started once and stopped once. A receive that fails is tried again, first after 100 ms,
/// at last every ten seconds; only a fault of the engine, or closing it or the queue, ends a processor
/// by itself.
/// </remarks>
public sealed class QueueProcessor : IAsyncDisposable, IDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    private readonly DurableQueue _queue;
    private readonly QueueProcessorOptions _options;
    private readonly HandlerRuns _handlers;

    /// <summary>Ends receiving.</summary>
    private readonly CancellationTokenSource _stopping = new();

    /// <summary>Ends handlers that are not given more time.</summary>
    private readonly CancellationTokenSource _aborting = new();
    private readonly Lock _gate = new();
    private Task? _running;
    private volatile Exception? _failure;

    /// <summary>Prepares a processor; <see cref="Start"/> starts it.</summary>
    /// <param name="queue">The queue; the processor does not close it.</param>
    /// <param name="handler">
    /// Deals with one message. Its token ends when the processor is stopped without more patience, and
    /// when the message's lease is lost: it expired or was purged, so the message may be with somebody
    /// else, and what the handler does with it is refused.
    /// </param>
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
        _options = options ?? new QueueProcessorOptions();
        _options.Validate();
        _handlers = new HandlerRuns(queue, handler, _options, _aborting.Token);
    }

    /// <summary>
    /// Completes when it has stopped; fails with what stopped it: a fault of the engine, or
    /// <see cref="ObjectDisposedException"/> where queue or engine were closed under it.
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

    /// <summary>
    /// Why it cannot receive at the moment; null while it can. It tries again by itself, unless
    /// <see cref="Completion"/> has failed.
    /// </summary>
    public Exception? Failure => _failure;

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
    /// Handles the next message that is ready, if there is one, and settles it, before it completes: for
    /// tests, and for programs that work a queue off and end. The processor need not be started.
    /// </summary>
    /// <param name="cancellationToken">Cancels before a message is taken.</param>
    /// <returns>False where none was ready.</returns>
    /// <inheritdoc cref="DurableQueue.ReceiveManyAsync" path="/exception"/>
    public async ValueTask<bool> TryHandleNextAsync(CancellationToken cancellationToken = default)
    {
        QueueDelivery? delivery = await _queue.TryReceiveAsync(cancellationToken: cancellationToken)
            .ConfigureAwait(false);
        if (delivery is null)
        {
            return false;
        }

        await _handlers.RunToEndAsync(delivery).ConfigureAwait(false);
        return true;
    }

    /// <summary>
    /// Receives nothing more and lets handlers finish; when the token ends, theirs does too, and what
    /// they leave is delivered again. A handler that does not end within
    /// <see cref="QueueProcessorOptions.AbandonAfter"/> of that is left to itself, and its lease is
    /// given up: what it does afterwards is refused as of a lost lease.
    /// </summary>
    /// <remarks>
    /// Called by a handler, or by what a handler has started, it does not wait, for it would wait for
    /// itself: <see cref="Completion"/> says when it has stopped.
    /// </remarks>
    /// <param name="cancellationToken">Ends the patience.</param>
    /// <exception cref="StorageFaultedException">The engine is faulted.</exception>
    /// <exception cref="ObjectDisposedException">Queue or engine were closed before.</exception>
    public async Task StopAsync(CancellationToken cancellationToken = default)
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        if (_handlers.IsInside)
        {
            return;
        }

        CancellationTokenRegistration hurry = cancellationToken.UnsafeRegister(
            static state => _ = ((CancellationTokenSource)state!).CancelAsync(), _aborting);
        await using (hurry.ConfigureAwait(false))
        {
            await Completion.ConfigureAwait(false);
        }
    }

    /// <summary>Stops without patience; what had stopped it before is not thrown again.</summary>
    public async ValueTask DisposeAsync()
    {
        _ = _aborting.CancelAsync();
        try
        {
            await StopAsync().ConfigureAwait(false);
        }
        catch (Exception error) when (error is StorageFaultedException or ObjectDisposedException)
        {
            // Completion tells.
        }
    }

    /// <summary>
    /// As <see cref="DisposeAsync"/>, while the calling thread waits, for handlers that do not end for
    /// <see cref="QueueProcessorOptions.AbandonAfter"/> at most; called by a handler it does not wait.
    /// </summary>
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    private async Task RunAsync()
    {
        try
        {
            await ReceiveAsync().ConfigureAwait(false);
        }
        finally
        {
            await _handlers.EndAsync().ConfigureAwait(false);
        }
    }

    private async Task ReceiveAsync()
    {
        int failures = 0;
        while (await _handlers.TryTakePlaceAsync(_stopping.Token).ConfigureAwait(false))
        {
            QueueDelivery? delivery = null;
            Exception? failure = null;
            try
            {
                delivery = await _queue.ReceiveAsync(
                    Timeout.InfiniteTimeSpan, cancellationToken: _stopping.Token)
                    .ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error) when (error is StorageFaultedException or ObjectDisposedException)
            {
                _failure = error;
                throw;
            }
#pragma warning disable CA1031 // Whatever it is: it is told, and tried again.
            catch (Exception error)
            {
                failure = error;
            }
#pragma warning restore CA1031
            finally
            {
                if (delivery is null)
                {
                    _handlers.GiveBackPlace();
                }
            }

            _failure = failure;
            failures = failure is null ? 0 : failures + 1;
            if (delivery is not null)
            {
                _handlers.Start(delivery);
            }
            else if (failure is not null)
            {
                await PauseAsync(failures, failure).ConfigureAwait(false);
            }
        }
    }

    private async Task PauseAsync(int failures, Exception failure)
    {
        TimeSpan pause = FirstPause * Math.Pow(2, Math.Min(failures - 1, 10));
        pause = pause < LongestPause ? pause : LongestPause;
        LogEvents.ReceiveFailed(_queue.Logger, _queue.Name, pause, failure);
        try
        {
            await Task.Delay(pause, _queue.Engine.TimeProvider, _stopping.Token)
                .ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // It is told to stop: whoever receives sees it.
        }
    }
}
