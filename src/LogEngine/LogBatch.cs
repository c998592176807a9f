using System.Buffers;
using System.Runtime.InteropServices;

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
        RequireRoom(payload.Length);
        _bytes.Write(payload);
        _ends.Add(_bytes.WrittenCount);
    }

    /// <summary>Removes all records, keeping the memory.</summary>
    public void Clear()
    {
        _bytes.ResetWrittenCount();
        _ends.Clear();
    }

    /// <summary>The same, to be changed in place.</summary>
    internal Span<byte> MutablePayload(int index) =>
        MemoryMarshal.CreateSpan(
            ref MemoryMarshal.GetReference(Payload(index)), Payload(index).Length);

    /// <summary>Adds a record in three pieces.</summary>
    internal void Add(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<byte> third)
    {
        RequireRoom((long)first.Length + second.Length + third.Length);
        _bytes.Write(first);
        _bytes.Write(second);
        _bytes.Write(third);
        _ends.Add(_bytes.WrittenCount);
    }

    /// <summary>A record's payload; valid until the next change of the batch.</summary>
    internal ReadOnlySpan<byte> Payload(int index)
    {
        int start = index == 0 ? 0 : _ends[index - 1];
        return _bytes.WrittenSpan[start.._ends[index]];
    }

    private void RequireRoom(long payload)
    {
        if (_bytes.WrittenCount + payload > MaxPayloadBytes)
        {
            throw new RecordTooLargeException(
                "Batch payload in bytes", _bytes.WrittenCount + payload, MaxPayloadBytes);
        }

        if (_ends.Count == MaxRecords)
        {
            throw new RecordTooLargeException("Batch record count", _ends.Count + 1L, MaxRecords);
        }
    }
}
