namespace LogEngine.Stores.Messages;

/// <summary>A message has a type that no handler of its queue takes, or says none.</summary>
public sealed class UnknownMessageTypeException : LogEngineException
{
    /// <summary>Names the message and what would have been taken.</summary>
    /// <param name="queue">The queue's name.</param>
    /// <param name="id">The message's id.</param>
    /// <param name="type">The type it says; null where it says none.</param>
    /// <param name="known">Types that are taken.</param>
    public UnknownMessageTypeException(
        string queue, long id, string? type, IReadOnlyList<string> known)
        : base(
            $"Message {id} of queue '{queue}' has "
            + (type is null
                ? $"no header '{MessageType.Header}'"
                : $"type '{type}', which no handler takes")
            + $"; there are handlers for: {string.Join(", ", known)}. Add one, and replay the message.")
    {
        Queue = queue;
        Id = id;
        Type = type;
        Known = known;
    }

    /// <summary>The queue's name.</summary>
    public string Queue { get; }

    /// <summary>The message's id.</summary>
    public long Id { get; }

    /// <summary>The type it says; null where it says none.</summary>
    public string? Type { get; }

    /// <summary>Types that are taken.</summary>
    public IReadOnlyList<string> Known { get; }
}
