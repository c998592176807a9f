using System.Collections.Concurrent;
using System.Diagnostics;
using LogEngine.Telemetry;

namespace LogEngine.Stores.Queues;

/// <summary>The handlers of a processor that run, so many at a time, and how each ends.</summary>
/// <remarks>Thread-safe. Nothing that a handler, or what it passed in, throws leaves it.</remarks>
internal sealed class HandlerRuns(
    DurableQueue queue,
    Func<QueueDelivery, CancellationToken, ValueTask> handler,
    QueueProcessorOptions options,
    CancellationToken aborting)
{
    private readonly SemaphoreSlim _places = new(options.Concurrency, options.Concurrency);
    private readonly ConcurrentDictionary<QueueDelivery, bool> _running = new();

    /// <summary>Flows with a handler into all that it starts.</summary>
    private readonly AsyncLocal<bool> _inside = new();

    /// <summary>Whether a handler asks.</summary>
    internal bool IsInside => _inside.Value;

    /// <summary>False where the token ends first.</summary>
    internal async Task<bool> TryTakePlaceAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _places.WaitAsync(cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    internal void GiveBackPlace() => _places.Release();

    /// <summary>Runs a handler; its place, which the caller took, is given back at its end.</summary>
    internal void Start(QueueDelivery delivery)
    {
        _running.TryAdd(delivery, true);
        _ = RunAsync(delivery);
    }

    /// <summary>Runs a handler to its end, when there is a place for it.</summary>
    internal async Task RunToEndAsync(QueueDelivery delivery)
    {
        await _places.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        _running.TryAdd(delivery, true);
        await RunAsync(delivery).ConfigureAwait(false);
    }

    /// <summary>
    /// Completes when none runs any more; or, a while after they were told to end, without those that
    /// do not: their leases are given up.
    /// </summary>
    internal async Task EndAsync()
    {
        Task ended = TakeAllPlacesAsync();
        TaskCompletionSource told = new(TaskCreationOptions.RunContinuationsAsynchronously);
        CancellationTokenRegistration telling = aborting.UnsafeRegister(
            static state => ((TaskCompletionSource)state!).TrySetResult(), told);
        await using (telling.ConfigureAwait(false))
        {
            await Task.WhenAny(ended, told.Task).ConfigureAwait(false);
        }

        try
        {
            await ended.WaitAsync(options.AbandonAfter, queue.Engine.TimeProvider)
                .ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            foreach (QueueDelivery delivery in _running.Keys)
            {
                LogEvents.HandlerAbandoned(queue.Logger, queue.Name, delivery.Id);
                queue.GiveUp(delivery.Lease);
            }
        }
    }

    private async Task TakeAllPlacesAsync()
    {
        for (int place = 0; place < options.Concurrency; place++)
        {
            await _places.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        }
    }

    private async Task RunAsync(QueueDelivery delivery)
    {
        try
        {
            // Leaves the receiving loop at once, whatever the handler does first.
            await Task.Yield();
            _inside.Value = true;
            await HandleAsync(delivery).ConfigureAwait(false);
        }
        finally
        {
            _running.TryRemove(delivery, out _);
            _places.Release();
        }
    }

    private async Task HandleAsync(QueueDelivery delivery)
    {
        TimeProvider time = queue.Engine.TimeProvider;
        long started = time.GetTimestamp();
        using Activity? activity = QueueMetrics.StartProcessing(queue.Logger, delivery);
        Exception? failure = null;
        bool isLost = false;
        try
        {
            LeaseWatch watch = new(queue, delivery, options.RenewLeases, aborting);
            await using (watch.ConfigureAwait(false))
            {
                try
                {
                    await handler(delivery, watch.Token).ConfigureAwait(false);
                }
                catch (OperationCanceledException) when (watch.IsLost)
                {
                    throw new LeaseLostException(queue.Name, delivery.Lease);
                }
                finally
                {
                    isLost = watch.IsLost;
                }
            }

            if (!delivery.IsSettled)
            {
                await delivery.AcknowledgeAsync().ConfigureAwait(false);
            }
        }
#pragma warning disable CA1031 // Whatever a handler throws: the message is given back and it is told.
        catch (Exception error)
        {
            failure = error;
            MessagingActivities.Fail(activity, error);
            if (!isLost)
            {
                await NegativeAcknowledgeAsync(delivery, error).ConfigureAwait(false);
            }

            Tell(delivery, error);
        }
#pragma warning restore CA1031

        QueueMetrics.Processed(queue, time.GetElapsedTime(started), failure);
    }

    private async Task NegativeAcknowledgeAsync(QueueDelivery delivery, Exception error)
    {
        if (delivery.IsSettled || error is LeaseLostException)
        {
            return;
        }

        try
        {
            // Not this message's fault: it need not wait.
            TimeSpan delay = error is OperationCanceledException && aborting.IsCancellationRequested
                ? TimeSpan.Zero
                : options.DelayAfter(delivery.DeliveryCount);
            await delivery.NegativeAcknowledgeAsync(
                delay, $"{error.GetType().Name}: {error.Message}", Durability.ProcessCrash)
                .ConfigureAwait(false);
        }
#pragma warning disable CA1031 // The lease ends by itself; it is told.
        catch (Exception second)
        {
            Tell(delivery, second);
        }
#pragma warning restore CA1031
    }

    private void Tell(QueueDelivery delivery, Exception error)
    {
        try
        {
            options.OnFailure?.Invoke(delivery, error);
        }
#pragma warning disable CA1031 // Whatever it throws: the message is dealt with as it would be without.
        catch (Exception thrown)
        {
            LogEvents.CallbackFailed(
                queue.Logger, nameof(QueueProcessorOptions.OnFailure), thrown);
        }
#pragma warning restore CA1031
    }
}
