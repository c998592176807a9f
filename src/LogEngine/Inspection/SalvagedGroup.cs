using System.Buffers;

namespace LogEngine.Inspection;

/// <summary>
/// Whole batches of one group, in order, with bytes of their own. Reused from group to group.
/// </summary>
internal sealed class SalvagedGroup
{
    private readonly ArrayBufferWriter<byte> _bytes = new();
    private readonly List<(long Sequence, long Offset, int Start, int Length)> _records = [];
    private readonly List<int> _batchEnds = [];

    /// <summary>The segment that the group stands in.</summary>
    internal ulong SegmentId { get; set; }

    /// <summary>Batches that are whole.</summary>
    internal int Batches => _batchEnds.Count;

    /// <summary>Adds a record to the batch that is being gathered.</summary>
    internal void Add(long sequence, long offset, ReadOnlySpan<byte> payload)
    {
        _records.Add((sequence, offset, _bytes.WrittenCount, payload.Length));
        _bytes.Write(payload);
    }

    /// <summary>The batch being gathered is whole.</summary>
    internal void EndBatch()
    {
        if (_records.Count > BatchStart)
        {
            _batchEnds.Add(_records.Count);
        }
    }

    /// <summary>
    /// Drops the batch being gathered; gives its first sequence, 0 where it is empty.
    /// </summary>
    internal long DropBatch()
    {
        int start = BatchStart;
        if (_records.Count == start)
        {
            return 0;
        }

        // The bytes stay: nothing refers to them any more.
        long first = _records[start].Sequence;
        _records.RemoveRange(start, _records.Count - start);
        return first;
    }

    internal void Clear()
    {
        _bytes.ResetWrittenCount();
        _records.Clear();
        _batchEnds.Clear();
    }

    /// <summary>How many records a batch has, and the sequence of its first.</summary>
    internal (long FirstSequence, int Count) Batch(int index)
    {
        int start = index == 0 ? 0 : _batchEnds[index - 1];
        return (_records[start].Sequence, _batchEnds[index] - start);
    }

    /// <summary>Offset of a record of a batch in its file.</summary>
    internal long Offset(int batch, int index) => _records[RecordOf(batch, index)].Offset;

    /// <summary>Payload of a record of a batch; valid until <see cref="Clear"/>.</summary>
    internal ReadOnlyMemory<byte> Payload(int batch, int index)
    {
        (_, _, int start, int length) = _records[RecordOf(batch, index)];
        return _bytes.WrittenMemory.Slice(start, length);
    }

    private int RecordOf(int batch, int index) =>
        (batch == 0 ? 0 : _batchEnds[batch - 1]) + index;

    private int BatchStart => _batchEnds.Count == 0 ? 0 : _batchEnds[^1];
}
