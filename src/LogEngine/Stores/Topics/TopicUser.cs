using LogEngine.Stores.Shared;

namespace LogEngine.Stores.Topics;

/// <summary>
/// One object of a topic that is open, of which there may be several over the same state: what it has on its
/// way, and whether it is closed.
/// </summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class TopicUser
{
    private readonly Lock _gate = new();
    private readonly Draining _draining = new();
    private int _moving;

    /// <summary>A commit of its begins.</summary>
    /// <exception cref="ObjectDisposedException">It is closed.</exception>
    internal void Begin()
    {
        lock (_gate)
        {
            ThrowIfClosed_NeedsLock();
            _moving++;
        }
    }

    /// <summary>The commit is done, or has failed.</summary>
    internal void End()
    {
        lock (_gate)
        {
            _moving--;
            _draining.Note(_moving == 0);
        }
    }

    /// <exception cref="ObjectDisposedException">It is closed.</exception>
    internal void ThrowIfClosed()
    {
        lock (_gate)
        {
            ThrowIfClosed_NeedsLock();
        }
    }

    /// <summary>Takes nothing more; completes when nothing is on its way.</summary>
    internal Task CloseAsync()
    {
        lock (_gate)
        {
            return _draining.Begin(_moving == 0);
        }
    }

    private void ThrowIfClosed_NeedsLock() =>
        ObjectDisposedException.ThrowIf(_draining.HasBegun, typeof(Topic));
}
