using System.Buffers.Binary;

namespace LogEngine;

/// <summary>A whole number as a value: 8 bytes, little-endian, two's complement.</summary>
internal static class Counter
{
    /// <summary>The number that a key has: 0 where it is absent.</summary>
    /// <exception cref="NoCounterException">The value has another length.</exception>
    internal static long Read(StoredValue? value, string keyspace)
    {
        if (value is null)
        {
            return 0;
        }

        ReadOnlySpan<byte> bytes = value.Memory.Span;
        return bytes.Length == sizeof(long)
            ? BinaryPrimitives.ReadInt64LittleEndian(bytes)
            : throw new NoCounterException(keyspace, bytes.Length);
    }

    internal static byte[] Encode(long number)
    {
        byte[] bytes = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, number);
        return bytes;
    }

    /// <exception cref="CounterOverflowException">The sum is no number of 64 bits.</exception>
    internal static long Add(long number, long delta, string keyspace)
    {
        long sum = unchecked(number + delta);
        return (delta < 0) == (sum < number) || delta == 0
            ? sum
            : throw new CounterOverflowException(keyspace, number, delta);
    }
}
