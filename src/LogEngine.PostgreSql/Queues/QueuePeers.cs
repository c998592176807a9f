using LogEngine.Stores.Queues;

namespace LogEngine.PostgreSql.Queues;

/// <summary>
/// The objects of one queue that are open on an engine. Each receives for itself; what one of them knows of a message that can be
/// received, all are told.
/// </summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class QueuePeers
{
    private readonly Lock _gate = new();
    private volatile PostgreSqlQueue[] _all = [];

    internal void Add(PostgreSqlQueue queue)
    {
        lock (_gate)
        {
            _all = [.. _all, queue];
        }
    }

    internal void Remove(PostgreSqlQueue queue)
    {
        lock (_gate)
        {
            _all = Array.FindAll(_all, other => other != queue);
        }
    }

    /// <summary>There may be something to receive.</summary>
    internal void Wake()
    {
        foreach (PostgreSqlQueue queue in _all)
        {
            queue.Wake();
        }
    }

    /// <summary>A message can be received that may stand below a cursor.</summary>
    internal void Back(int lane, long id)
    {
        foreach (PostgreSqlQueue queue in _all)
        {
            queue.Cursors.Back(lane, id);
        }
    }

    /// <summary>Of a group another one is next, behind this one, in whatever lane.</summary>
    internal void BackBehind(long id)
    {
        for (int lane = 0; lane < QueueMessage.Lanes; lane++)
        {
            Back(lane, id);
        }
    }

    /// <summary>The next claims look at everything.</summary>
    internal void LookAtAll()
    {
        foreach (PostgreSqlQueue queue in _all)
        {
            queue.Cursors.LookAtAll();
        }
    }
}
