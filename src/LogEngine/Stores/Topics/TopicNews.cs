using LogEngine.Stores.Shared;

namespace LogEngine.Stores.Topics;

/// <summary>Readers in this process that wait for a record.</summary>
/// <remarks>
/// Thread-safe; nobody is woken under its lock. Who waits enters first and then looks whether there is
/// something: what comes after that look wakes it. A wake is no record, and one too many does no harm.
/// </remarks>
internal sealed class TopicNews
{
    private readonly Lock _gate = new();
    private readonly Waiters _waiters = new();

    /// <summary>What ended the engine under the topic; null while it goes on.</summary>
    private Exception? _ended;

    /// <summary>Stands in line.</summary>
    internal Waiter Enter(TopicUser user)
    {
        lock (_gate)
        {
            return _waiters.Add(user);
        }
    }

    internal void Leave(Waiter waiter)
    {
        lock (_gate)
        {
            _waiters.Remove(waiter);
        }
    }

    /// <summary>There is more to read. Each group reads for itself: all of them look.</summary>
    internal void Tell()
    {
        Waiter? woken;
        lock (_gate)
        {
            woken = _waiters.Take(_waiters.Count);
        }

        Waiters.Wake(woken);
    }

    /// <summary>An object of the topic is closed.</summary>
    internal void Wake(TopicUser user)
    {
        Waiter? woken;
        lock (_gate)
        {
            woken = _waiters.TakeOf(user);
        }

        Waiters.Wake(woken);
    }

    /// <summary>The engine is closed or faulted: whoever waits, now or later, is told.</summary>
    internal void EndWithEngine(Exception cause)
    {
        lock (_gate)
        {
            _ended ??= cause;
        }

        Tell();
    }

    /// <exception cref="ObjectDisposedException">The engine is closed.</exception>
    /// <exception cref="StorageFaultedException">The engine is faulted.</exception>
    internal void ThrowIfEnded()
    {
        lock (_gate)
        {
            EngineEnd.ThrowIf(_ended);
        }
    }
}
