namespace LogEngine.Stores.Queues;

/// <summary>Ids of messages, and the messages whose enqueue has begun and not reported.</summary>
/// <remarks>Guarded by the queue's lock.</remarks>
internal sealed class Arrivals(long lastId)
{
    /// <summary>So many ids are reserved at once.</summary>
    internal const long IdBlock = 1 << 20;

    private readonly HashSet<long> _ids = [];
    private Tally _coming;
    private long _lastId = lastId;

    /// <summary>Ids up to here are reserved in the log.</summary>
    private long _reservedTo = lastId;

    internal Tally Coming => _coming;

    /// <summary>Whether the next id is reserved already.</summary>
    internal bool HasReserved => _lastId < _reservedTo;

    internal bool Contains(long id) => _ids.Contains(id);

    /// <summary>Gives a message its id.</summary>
    internal void Begin(PreparedMessage message, QueueUser user)
    {
        message.Id = ++_lastId;
        message.User = user;
        user.Begin();
        _ids.Add(message.Id);
        _coming.Add(message.StoredSize);
    }

    /// <summary>The message is in the log, or never will be.</summary>
    internal void End(PreparedMessage message)
    {
        _ids.Remove(message.Id);
        _coming.Remove(message.StoredSize);
        message.User!.End();
    }

    /// <summary>
    /// Up to where ids must be reserved with the messages that were given theirs; 0 where they are.
    /// </summary>
    internal long ToReserve => _lastId > _reservedTo ? _lastId | (IdBlock - 1) : 0;

    /// <summary>That has been done.</summary>
    internal void NoteReserved(long upTo) => _reservedTo = Math.Max(_reservedTo, upTo);
}
