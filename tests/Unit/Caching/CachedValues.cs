using System.Runtime.InteropServices;

namespace LogEngine.Unit.Caching;

/// <summary>Values that can be told from their location alone.</summary>
internal static class CachedValues
{
    internal static byte[] Of(ulong location, int length)
    {
        byte[] value = new byte[length];
        Fill(value, location);
        return value;
    }

    internal static void Fill(Span<byte> value, ulong location)
    {
        for (int i = 0; i < value.Length; i++)
        {
            value[i] = (byte)((location * 31) + (location >> 8) + ((ulong)i * 7));
        }
    }

    /// <summary>Length of the imitation of a location, at most the longest.</summary>
    internal static int LengthOf(ulong location, int longest) =>
        16 + (int)(location * 0x9E37_79B9 % (ulong)(longest - 16));

    /// <summary>
    /// A value that imitates entries of another location: each of its words, taken for an entry,
    /// says that it is that one and has a few bytes. Gives its length.
    /// </summary>
    internal static int Imitation(Span<byte> destination, ulong location, ulong imitated)
    {
        int length = LengthOf(location, destination.Length);
        Span<byte> value = destination[..length];

        // Values begin 12 bytes into an entry, which begins at a multiple of 8.
        value[..4].Fill((byte)location);
        Span<ulong> words = MemoryMarshal.Cast<byte, ulong>(value[4..]);
        for (int i = 0; i < words.Length; i++)
        {
            words[i] = i % 2 == 0 ? imitated : 24 | (location << 32);
        }

        value[(4 + (words.Length * 8))..].Fill((byte)location);
        return length;
    }
}
