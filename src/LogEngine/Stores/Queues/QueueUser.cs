using LogEngine.Stores.Shared;

namespace LogEngine.Stores.Queues;

/// <summary>
/// One object of a queue that is open, of which there may be several over the same state: what is on
/// its way through it, and whether it is closed.
/// </summary>
/// <param name="expired">Tells its listeners of a lease that has expired.</param>
/// <remarks>Guarded by the queue's lock, but for what it is told.</remarks>
internal sealed class QueueUser(Action<LeaseExpiredEventArgs> expired)
{
    private readonly Draining _draining = new();
    private int _moving;

    internal bool IsClosed => _draining.HasBegun;

    /// <summary>Whether somebody wants to know of leases that expire.</summary>
    internal bool IsListening { get; set; }

    /// <summary>Something is on its way into the queue, to a receiver or to its end.</summary>
    internal void Begin() => _moving++;

    /// <summary>It has arrived.</summary>
    internal void End()
    {
        _moving--;
        _draining.Note(_moving == 0);
    }

    /// <summary>Takes nothing more; completes when nothing is on its way.</summary>
    internal Task CloseAsync() => _draining.Begin(_moving == 0);

    /// <exception cref="ObjectDisposedException">It is closed.</exception>
    internal void ThrowIfClosed() => ObjectDisposedException.ThrowIf(IsClosed, typeof(DurableQueue));

    /// <summary>Never under the lock.</summary>
    internal void Tell(LeaseExpiredEventArgs lease) => expired(lease);
}
