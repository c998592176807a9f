namespace LogEngine.Stores.Topics;

/// <summary>
/// A record of a topic cannot be read: it is damaged, or its file is out of reach for now. The group
/// stays before it, and what comes before it has been given out.
/// </summary>
/// <remarks>
/// Read again where the inner exception may pass. To go on without it, commit what was read and reset
/// the group to <see cref="Offset"/> + 1.
/// </remarks>
public sealed class UnreadableRecordException : LogEngineException
{
    internal UnreadableRecordException(string topic, long offset, Exception inner)
        : base(
            $"Record {offset} of topic '{topic}' cannot be read; to go on without it reset the group "
            + $"to {offset + 1}. {inner.Message}",
            inner)
    {
        Topic = topic;
        Offset = offset;
    }

    /// <summary>The topic's name.</summary>
    public string Topic { get; }

    /// <summary>Offset of the record.</summary>
    public long Offset { get; }
}
