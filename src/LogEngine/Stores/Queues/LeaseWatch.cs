namespace LogEngine.Stores.Queues;

/// <summary>
/// Looks after the lease of a message while its handler runs: renews it, if so told, and ends the
/// handler's token once the lease is lost.
/// </summary>
/// <remarks>
/// Asks at every half of a lease's time, so a lease that is not renewed is found lost when it ends. An
/// engine that cannot answer is asked again; that alone ends no handler.
/// </remarks>
internal sealed class LeaseWatch : IAsyncDisposable
{
    private readonly DurableQueue _queue;
    private readonly QueueDelivery _delivery;
    private readonly bool _renews;

    /// <summary>
    /// Not disposed of, since a question may be on its way still: without a timer and a wait handle there is
    /// nothing in it but memory.
    /// </summary>
    private readonly CancellationTokenSource _ends = new();
    private readonly CancellationTokenRegistration _aborting;
    private readonly ITimer _timer;
    private readonly TimeSpan _half;
    private volatile bool _isLost;

    internal LeaseWatch(
        DurableQueue queue, QueueDelivery delivery, bool renews, CancellationToken aborting)
    {
        _queue = queue;
        _delivery = delivery;
        _renews = renews;
        _aborting = aborting.UnsafeRegister(
            static ends => ((CancellationTokenSource)ends!).Cancel(), _ends);
        _half = queue.Options.LeaseDuration / 2;
        _timer = queue.Engine.TimeProvider.CreateTimer(
            static state => _ = ((LeaseWatch)state!).AskAsync(),
            this,
            Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan);

        // Only now: a question sets the timer anew, however soon it is asked.
        _timer.Change(_half, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Ends when the handler must hurry, and when the lease is lost.</summary>
    internal CancellationToken Token => _ends.Token;

    /// <summary>The lease ended while the handler ran, and the handler did not end it.</summary>
    internal bool IsLost => _isLost;

    public ValueTask DisposeAsync()
    {
        _aborting.Unregister();
        return _timer.DisposeAsync();
    }

    private async Task AskAsync()
    {
        if (await IsCurrentAsync().ConfigureAwait(false) || _delivery.IsSettled)
        {
            // Asked again only now: however long an answer takes, there is one question at a time.
            _timer.Change(_half, Timeout.InfiniteTimeSpan);
            return;
        }

        // Asks no more: what is lost stays lost.
        _isLost = true;
        await _ends.CancelAsync().ConfigureAwait(false);
    }

    private async Task<bool> IsCurrentAsync()
    {
        try
        {
            if (_renews)
            {
                await _delivery.RenewAsync().ConfigureAwait(false);
                return true;
            }
        }
        catch (LeaseLostException)
        {
            // Or it is being settled at the moment, which is no loss.
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
        catch (LogEngineException)
        {
            // Of an engine that is elsewhere: it is asked again.
            return true;
        }

        return await _queue.IsCurrentAsync(_delivery.Lease, CancellationToken.None)
            .ConfigureAwait(false);
    }
}
