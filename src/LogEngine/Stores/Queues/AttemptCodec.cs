using System.Buffers.Binary;

namespace LogEngine.Stores.Queues;

/// <summary>
/// The bytes of an attempt's value, little-endian: deliveries (4), UTC ticks before which there is no
/// other (8), the message's key.
/// </summary>
internal static class AttemptCodec
{
    internal const int MaxSize = HeadSize + QueueEntry.MaxKeySize;

    private const int HeadSize = 12;

    internal static byte[] Encode(in QueueEntry entry, int deliveries, long notBeforeTicks)
    {
        byte[] value = new byte[HeadSize + entry.KeySize];
        Write(value, entry, deliveries, notBeforeTicks);
        return value;
    }

    /// <summary>Gives the length.</summary>
    internal static int Write(
        Span<byte> value, in QueueEntry entry, int deliveries, long notBeforeTicks)
    {
        BinaryPrimitives.WriteInt32LittleEndian(value, deliveries);
        BinaryPrimitives.WriteInt64LittleEndian(value[4..], notBeforeTicks);
        return HeadSize + entry.WriteKey(value[HeadSize..]);
    }

    /// <summary>False where it is none. Of deliveries 65,535 at most.</summary>
    internal static bool TryRead(
        ReadOnlySpan<byte> value, out QueueEntry entry, out ushort deliveries, out long notBeforeTicks)
    {
        entry = default;
        deliveries = 0;
        notBeforeTicks = 0;
        if (value.Length <= HeadSize || !QueueEntry.TryRead(value[HeadSize..], 0, out entry))
        {
            return false;
        }

        deliveries = (ushort)Math.Clamp(
            BinaryPrimitives.ReadInt32LittleEndian(value), 0, ushort.MaxValue);
        notBeforeTicks = BinaryPrimitives.ReadInt64LittleEndian(value[4..]);
        return true;
    }
}
