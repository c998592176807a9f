namespace LogEngine.Stores.Queues;

/// <summary>
/// Renews the lease of a message at half its time while a handler works on it, and ends the handler's token
/// where the lease is lost: what it does from then on would be refused.
/// </summary>
/// <remarks>
/// A lease that is being settled is refused as a lost one is, so it counts as lost when it is refused a
/// second time, an eighth of its time later, and nothing has been settled meanwhile.
/// </remarks>
internal sealed class LeaseWatch : IAsyncDisposable
{
    private readonly QueueDelivery _delivery;
    private readonly CancellationTokenSource _ending;
    private readonly ITimer _timer;
    private readonly TimeSpan _half;
    private readonly TimeSpan _eighth;
    private bool _refused;
    private volatile bool _isLost;

    internal LeaseWatch(DurableQueue queue, QueueDelivery delivery, CancellationToken aborting)
    {
        _delivery = delivery;
        _half = queue.Options.LeaseDuration / 2;
        _eighth = queue.Options.LeaseDuration / 8;
        _ending = CancellationTokenSource.CreateLinkedTokenSource(aborting);
        _timer = queue.Engine.TimeProvider.CreateTimer(
            static state => _ = ((LeaseWatch)state!).RenewAsync(), this, _half, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Ends with the processor's patience, or with the lease.</summary>
    internal CancellationToken Token => _ending.Token;

    /// <summary>The lease is lost.</summary>
    internal bool IsLost => _isLost;

    public async ValueTask DisposeAsync()
    {
        await _timer.DisposeAsync().ConfigureAwait(false);
        _ending.Dispose();
    }

    private async Task RenewAsync()
    {
        try
        {
            await _delivery.RenewAsync().ConfigureAwait(false);
            _refused = false;
            _timer.Change(_half, Timeout.InfiniteTimeSpan);
        }
        catch (LeaseLostException) when (_delivery.IsSettled)
        {
            // Nothing to watch any more.
        }
        catch (LeaseLostException) when (!_refused)
        {
            _refused = true;
            _timer.Change(_eighth, Timeout.InfiniteTimeSpan);
        }
        catch (LeaseLostException)
        {
            _isLost = true;
            await EndAsync().ConfigureAwait(false);
        }
        catch (ObjectDisposedException)
        {
            // The queue, or the watch: the handler's own settlement says so.
        }
    }

    private async Task EndAsync()
    {
        try
        {
            await _ending.CancelAsync().ConfigureAwait(false);
        }
        catch (ObjectDisposedException)
        {
            // The handler has just ended.
        }
    }
}
