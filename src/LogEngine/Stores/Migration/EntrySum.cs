using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using LogEngine.Stores.Queues;

namespace LogEngine.Stores.Migration;

/// <summary>
/// A checksum over entries in any order: the sum, modulo 2^256, of the SHA-256 of each. So it is the same
/// whatever order an engine hands them out in, and an entry that is there twice does not cancel itself.
/// </summary>
internal sealed class EntrySum
{
    private readonly ArrayBufferWriter<byte> _entry = new();
    private UInt128 _low;
    private UInt128 _high;

    internal long Count { get; private set; }

    internal long Bytes { get; private set; }

    internal bool IsSame(EntrySum other) =>
        (_low, _high, Count) == (other._low, other._high, other.Count);

    internal string Text => $"{_high:x32}{_low:x32}";

    internal void Add(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, DateTimeOffset? expiresAt)
    {
        Number(expiresAt?.UtcTicks ?? 0);
        Part(key);
        Part(value);
        Close(key.Length + value.Length);
    }

    internal void Add(QueueRecord record)
    {
        Number((long)record.Kind);
        Number(record.Id);
        Number(record.Lane);
        Number(record.GroupId is null ? 0 : 1);
        Part(Encoding.UTF8.GetBytes(record.GroupId ?? ""));
        Number(record.EnqueuedAt.UtcTicks);
        Number(record.DueAt?.UtcTicks ?? 0);
        Number(record.ExpiresAt?.UtcTicks ?? 0);
        Number(record.DeliveryCount);
        Number(record.DiedAt.UtcTicks);
        Number(record.IsUnreadable ? 1 : 0);
        Part(Encoding.UTF8.GetBytes(record.Reason));
        Part(record.DeduplicationId.Span);
        Number(record.Headers.Count);
        foreach ((string name, string value) in record.Headers.OrderBy(h => h.Key, StringComparer.Ordinal))
        {
            Part(Encoding.UTF8.GetBytes(name));
            Part(Encoding.UTF8.GetBytes(value));
        }

        Part(record.Body.Span);
        Close(record.Body.Length);
    }

    private void Part(ReadOnlySpan<byte> bytes)
    {
        Number(bytes.Length);
        _entry.Write(bytes);
    }

    private void Number(long number)
    {
        BinaryPrimitives.WriteInt64LittleEndian(_entry.GetSpan(sizeof(long)), number);
        _entry.Advance(sizeof(long));
    }

    private void Close(int bytes)
    {
        Span<byte> hash = stackalloc byte[Sha256.Size];
        Sha256.Hash(_entry.WrittenSpan, hash);
        _entry.ResetWrittenCount();
        UInt128 low = BinaryPrimitives.ReadUInt128LittleEndian(hash);
        UInt128 sum = unchecked(_low + low);
        _high = unchecked(_high + BinaryPrimitives.ReadUInt128LittleEndian(hash[16..])
            + (sum < low ? UInt128.One : UInt128.Zero));
        _low = sum;
        Count++;
        Bytes += bytes;
    }
}
