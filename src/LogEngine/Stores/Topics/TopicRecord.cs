namespace LogEngine.Stores.Topics;

/// <summary>A record of a topic; its bytes are its own.</summary>
/// <param name="offset">Its place, from 1.</param>
/// <param name="body">The body.</param>
/// <param name="headers">The headers; empty where there are none.</param>
/// <param name="appendedAt">When it was appended, on the wall clock.</param>
public sealed class TopicRecord(
    long offset,
    ReadOnlyMemory<byte> body,
    IReadOnlyDictionary<string, string> headers,
    DateTimeOffset appendedAt)
{
    /// <summary>Its place, from 1.</summary>
    public long Offset { get; } = offset;

    /// <summary>The body.</summary>
    public ReadOnlyMemory<byte> Body { get; } = body;

    /// <summary>The headers; empty where there are none.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; } = headers;

    /// <summary>When it was appended, on the wall clock.</summary>
    public DateTimeOffset AppendedAt { get; } = appendedAt;
}
