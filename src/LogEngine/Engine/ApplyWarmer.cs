using LogEngine.Caching;
using LogEngine.Format;
using LogEngine.Index;

namespace LogEngine.Engine;

/// <summary>
/// Brings what the next operations will touch into the processor's caches, several side by side:
/// applied one by one, each would wait for memory by itself. Changes nothing. Commit role only.
/// </summary>
internal sealed class ApplyWarmer(OrderedIndex index, ValueCache cache)
{
    /// <summary>Operations that are warmed at once.</summary>
    private const int Most = 16;

    /// <summary>Fewer are not worth it.</summary>
    private const int Least = 4;

    private readonly byte[] _keys = new byte[Most * IndexKey.MaxSize];
    private readonly int[] _ends = new int[Most];
    private readonly IndexValue[] _values = new IndexValue[Most];
    private readonly bool[] _found = new bool[Most];

    /// <summary>Warms the first of the records; gives the bytes of those it has looked at.</summary>
    internal int Warm(SegmentSlot slot, long offset, ReadOnlySpan<byte> records)
    {
        int at = 0;
        int used = 0;
        int keys = 0;
        while (at < records.Length && keys < Most)
        {
            ReadOnlySpan<byte> record = records[at..];
            int length = (int)RecordHeader.ReadLength(record);
            if (OperationCodec.TryRead(record[RecordHeader.Size..length], out Operation operation)
                && PointOperation.IsPoint(operation.Kind))
            {
                used += IndexKey.Write(_keys.AsSpan(used), operation.Keyspace, operation.Key);
                _ends[keys++] = used;
                cache.Prefetch(slot.CacheKey(offset + at));
            }

            at += FormatLimits.AlignField(length);
        }

        if (keys >= Least)
        {
            index.TryGetManyPending(
                _keys.AsSpan(0, used),
                _ends.AsSpan(0, keys),
                _values.AsSpan(0, keys),
                _found.AsSpan(0, keys));
        }

        return at;
    }
}
