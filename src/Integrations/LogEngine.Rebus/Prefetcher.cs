using LogEngine.Stores.Queues;

namespace LogEngine.Rebus;

/// <summary>Receives messages several at once, and hands them out one by one.</summary>
internal sealed class Prefetcher(DurableQueue queue, int most, LeaseKeeper leases) : IDisposable
{
    /// <summary>Who has it looks into <see cref="_waiting"/>, and receives where that is empty.</summary>
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly Queue<QueueDelivery> _waiting = new();

    /// <exception cref="OperationCanceledException">Cancelled; nothing was taken.</exception>
    internal async ValueTask<QueueDelivery?> NextAsync(CancellationToken cancellationToken)
    {
        if (most == 1)
        {
            QueueDelivery? only = await queue.ReceiveAsync(
                Timeout.InfiniteTimeSpan, null, cancellationToken).ConfigureAwait(false);
            if (only is not null)
            {
                leases.Keep(only);
            }

            return only;
        }

        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_waiting.Count == 0)
            {
                foreach (QueueDelivery delivery in await queue.ReceiveManyAsync(
                    most, Timeout.InfiniteTimeSpan, null, cancellationToken).ConfigureAwait(false))
                {
                    leases.Keep(delivery);
                    _waiting.Enqueue(delivery);
                }
            }

            return _waiting.TryDequeue(out QueueDelivery? next) ? next : null;
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();
}
