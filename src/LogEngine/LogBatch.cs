using System.Buffers;

namespace LogEngine;

/// <summary>Records that commit together: after a crash all of them are there, or none.</summary>
/// <remarks>
/// Copies what is added. Not thread-safe. It may be used again after <see cref="Clear"/>, once the
/// append that took it has completed.
/// </remarks>
public sealed class LogBatch
{
    /// <summary>Largest payload of a record, and of a batch's records together: 64 MiB.</summary>
    public const int MaxPayloadBytes = 64 << 20;

    /// <summary>Most records of a batch.</summary>
    public const int MaxRecords = 1 << 20;

    private readonly ArrayBufferWriter<byte> _bytes = new();
    private readonly List<int> _ends = [];

    /// <summary>Records added.</summary>
    public int Count => _ends.Count;

    /// <summary>Payload bytes added.</summary>
    public int PayloadBytes => _bytes.WrittenCount;

    /// <summary>Adds a record, copying its bytes. An empty payload is a record too.</summary>
    /// <exception cref="RecordTooLargeException">
    /// The batch would exceed <see cref="MaxPayloadBytes"/> or <see cref="MaxRecords"/>; it is
    /// unchanged.
    /// </exception>
    public void Add(ReadOnlySpan<byte> payload)
    {
        if ((long)_bytes.WrittenCount + payload.Length > MaxPayloadBytes)
        {
            throw new RecordTooLargeException(
                "Batch payload in bytes",
                (long)_bytes.WrittenCount + payload.Length,
                MaxPayloadBytes);
        }

        if (_ends.Count == MaxRecords)
        {
            throw new RecordTooLargeException("Batch record count", _ends.Count + 1L, MaxRecords);
        }

        _bytes.Write(payload);
        _ends.Add(_bytes.WrittenCount);
    }

    /// <summary>Removes all records, keeping the memory.</summary>
    public void Clear()
    {
        _bytes.ResetWrittenCount();
        _ends.Clear();
    }

    /// <summary>A record's payload; valid until the next change of the batch.</summary>
    internal ReadOnlySpan<byte> Payload(int index)
    {
        int start = index == 0 ? 0 : _ends[index - 1];
        return _bytes.WrittenSpan[start.._ends[index]];
    }
}
