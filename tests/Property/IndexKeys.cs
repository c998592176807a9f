using System.Buffers.Binary;
using LogEngine.Index;

namespace LogEngine.Properties;

/// <summary>Families of keys; each is hard on another part of a page.</summary>
public enum KeyFamily
{
    /// <summary>Eight scattered bytes behind a keyspace id.</summary>
    Scattered,

    /// <summary>Numbers in order, in a few keyspaces.</summary>
    Ascending,

    /// <summary>Every key is the beginning of others; of 0x00 only.</summary>
    Zeros,

    /// <summary>As above, of 0xFF.</summary>
    Ones,

    /// <summary>The same head, told apart behind it.</summary>
    EqualHeads,

    /// <summary>Up to the longest, all beginning alike: overflow pages.</summary>
    Long,

    /// <summary>All of the above.</summary>
    Mixed,
}

/// <summary>The key of a number, in a family.</summary>
internal static class IndexKeys
{
    internal const int Numbers = 700;

    internal static byte[] Of(KeyFamily family, int number) => family switch
    {
        KeyFamily.Scattered => Numbered((byte)(number % 3), Scatter(number)),
        KeyFamily.Ascending => Numbered((byte)(number / 300), (ulong)number),
        KeyFamily.Zeros => new byte[1 + (number % 300)],
        KeyFamily.Ones => Filled(0xFF, 1 + (number % 300)),
        KeyFamily.EqualHeads => EqualHead(number),
        KeyFamily.Long => LongKey(number),
        _ => Of((KeyFamily)(number % 6), number),
    };

    private static ulong Scatter(int number) => (ulong)(number + 1) * 0x9E37_79B9_7F4A_7C15;

    private static byte[] Numbered(byte space, ulong number)
    {
        byte[] key = new byte[12];
        key[3] = space;
        BinaryPrimitives.WriteUInt64BigEndian(key.AsSpan(4), number);
        return key;
    }

    private static byte[] Filled(byte value, int length)
    {
        byte[] key = new byte[length];
        key.AsSpan().Fill(value);
        return key;
    }

    /// <summary>Four bytes, then eight that are the same, then zero to twenty more.</summary>
    private static byte[] EqualHead(int number)
    {
        byte[] key = new byte[12 + (number % 21)];
        key.AsSpan(0, 4).Fill((byte)(number % 2));
        for (int i = 12; i < key.Length; i++)
        {
            key[i] = (byte)(number >> (i % 3 * 3));
        }

        return key;
    }

    /// <summary>Lengths next to every bound of a page, and the longest.</summary>
    private static byte[] LongKey(int number)
    {
        int[] lengths = [9, 264, 265, 272, 273, 500, 520, 776, 777, 1500, 2008, 2009, 2059, 2060];
        int length = Math.Min(IndexLimits.MaxKeyBytes, lengths[number % lengths.Length]);
        byte[] key = Filled(0x61, length);
        int at = Math.Max(4, number * 37 % length);
        BinaryPrimitives.WriteUInt16BigEndian(
            key.AsSpan(Math.Min(at, length - 2)), (ushort)number);
        return key;
    }
}
