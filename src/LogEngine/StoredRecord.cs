namespace LogEngine;

/// <summary>A record as a reader sees it; verified against its checksum.</summary>
/// <remarks>The payload is valid until the next call on the reader that gave it.</remarks>
public readonly ref struct StoredRecord
{
    internal StoredRecord(long sequence, long timeTicks, ReadOnlySpan<byte> payload)
    {
        Sequence = sequence;
        TimeTicks = timeTicks;
        Payload = payload;
    }

    /// <summary>The record's sequence: dense, from 1.</summary>
    public long Sequence { get; }

    /// <summary>The bytes that were appended; valid until the next call on the reader.</summary>
    public ReadOnlySpan<byte> Payload { get; }

    /// <summary>UTC time of the commit that wrote the record; never goes back within a log.</summary>
    public DateTimeOffset Time => new(TimeTicks, TimeSpan.Zero);

    private long TimeTicks { get; }
}

/// <summary>A record that owns its bytes.</summary>
/// <param name="sequence">The record's sequence: dense, from 1.</param>
/// <param name="time">UTC time of the commit that wrote it.</param>
/// <param name="payload">The bytes that were appended.</param>
public sealed class OwnedRecord(
    long sequence, DateTimeOffset time, ReadOnlyMemory<byte> payload)
{
    /// <summary>The record's sequence: dense, from 1.</summary>
    public long Sequence { get; } = sequence;

    /// <summary>UTC time of the commit that wrote it.</summary>
    public DateTimeOffset Time { get; } = time;

    /// <summary>The bytes that were appended.</summary>
    public ReadOnlyMemory<byte> Payload { get; } = payload;
}

/// <summary>A run of sequences, both ends included.</summary>
/// <param name="First">The first sequence.</param>
/// <param name="Last">The last sequence; below <paramref name="First"/> when empty.</param>
public readonly record struct SequenceRange(long First, long Last)
{
    /// <summary>How many sequences.</summary>
    public long Count => Last - First + 1;
}
