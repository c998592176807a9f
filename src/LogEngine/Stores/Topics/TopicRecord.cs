namespace LogEngine.Stores.Topics;

/// <summary>A record of a topic; its bytes are its own.</summary>
/// <param name="Offset">Its place, from 1.</param>
/// <param name="Body">The body.</param>
/// <param name="Headers">The headers; empty where there are none.</param>
/// <param name="AppendedAt">When it was appended, on the wall clock.</param>
public sealed record TopicRecord(
    long Offset,
    ReadOnlyMemory<byte> Body,
    IReadOnlyDictionary<string, string> Headers,
    DateTimeOffset AppendedAt);
