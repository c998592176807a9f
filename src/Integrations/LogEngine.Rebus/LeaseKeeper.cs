using System.Collections.Concurrent;
using LogEngine.Stores.Queues;
using Rebus.Logging;

namespace LogEngine.Rebus;

/// <summary>
/// Renews the leases of what a transport has: messages in handlers, and those that wait to be handed out. Every
/// third of a lease's time, so that two renewals may be late before one ends.
/// </summary>
internal sealed class LeaseKeeper : IAsyncDisposable
{
    private readonly ConcurrentDictionary<LeaseToken, QueueDelivery> _held = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly ILog _log;
    private readonly Task _running;

    internal LeaseKeeper(TimeSpan lease, TimeProvider time, ILog log)
    {
        _log = log;
        _running = RunAsync(lease / 3, time);
    }

    internal void Keep(QueueDelivery delivery) => _held[delivery.Lease] = delivery;

    internal void Release(QueueDelivery delivery) => _held.TryRemove(delivery.Lease, out _);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task RunAsync(TimeSpan period, TimeProvider time)
    {
        // No timer is finer than a millisecond.
        TimeSpan least = TimeSpan.FromMilliseconds(1);
        using PeriodicTimer timer = new(period < least ? least : period, time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token).ConfigureAwait(false))
            {
                foreach (QueueDelivery delivery in _held.Values)
                {
                    await RenewAsync(delivery).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Stopped.
        }
    }

    private async Task RenewAsync(QueueDelivery delivery)
    {
        try
        {
            await delivery.RenewAsync(cancellationToken: _stop.Token).ConfigureAwait(false);
        }
        catch (LeaseLostException)
        {
            // Settled meanwhile, or lost: then the handler's commit fails, and the message is handled again.
            _held.TryRemove(delivery.Lease, out _);
        }
#pragma warning disable CA1031 // Whatever it is, the other leases are renewed, and this one is tried again.
        catch (Exception error) when (error is not OperationCanceledException)
        {
            _log.Warn(error, "The lease of message {id} of queue {queue} could not be renewed",
                delivery.Id, delivery.QueueName);
        }
#pragma warning restore CA1031
    }
}
