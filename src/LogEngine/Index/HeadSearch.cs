using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace LogEngine.Index;

/// <summary>Search among the first eight bytes of a page's suffixes.</summary>
internal static unsafe class HeadSearch
{
    /// <summary>From here on down vectors compare all that is left.</summary>
    private const int VectorReach = 32;

    /// <summary>
    /// The first eight bytes of a key behind its prefix as a big-endian number, padded with zeros.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong HeadOf(byte* key, int length, int prefixLength)
    {
        int rest = length - prefixLength;
        if (rest >= sizeof(ulong))
        {
            return BigEndian(key + prefixLength);
        }

        // One load that ends where the key ends, instead of a loop over its last bytes.
        if (length >= sizeof(ulong) && rest > 0)
        {
            return BigEndian(key + length - sizeof(ulong)) << (8 * (sizeof(ulong) - rest));
        }

        ulong head = 0;
        for (int i = 0; i < rest; i++)
        {
            head |= (ulong)key[prefixLength + i] << (56 - (8 * i));
        }

        return head;
    }

    /// <summary>How many of the ascending heads are below one.</summary>
    /// <remarks>
    /// Halves without a branch until few are left, then counts. Reads up to seven heads too many,
    /// which the arena and the buffers of cursors leave room for.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int CountBelow(ulong* heads, int count, ulong head)
    {
        int low = 0;
        int left = count;
        int reach = Vector256.IsHardwareAccelerated ? VectorReach : 1;
        while (left > reach)
        {
            int half = left >> 1;
            bool below = heads[low + half - 1] < head;
            low += *(byte*)&below * half;
            left -= half;
        }

        return low + CountFew(heads + low, left, head);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int CountFew(ulong* heads, int count, ulong head)
    {
        int below = 0;
        if (Vector512.IsHardwareAccelerated)
        {
            Vector512<ulong> wanted = Vector512.Create(head);
            for (int i = 0; i < count; i += Vector512<ulong>.Count)
            {
                ulong mask = Vector512.LessThan(Vector512.Load(heads + i), wanted)
                    .ExtractMostSignificantBits();
                below += BitOperations.PopCount(mask & Lanes(count - i));
            }
        }
        else if (Vector256.IsHardwareAccelerated)
        {
            Vector256<ulong> wanted = Vector256.Create(head);
            for (int i = 0; i < count; i += Vector256<ulong>.Count)
            {
                uint mask = Vector256.LessThan(Vector256.Load(heads + i), wanted)
                    .ExtractMostSignificantBits();
                below += BitOperations.PopCount(mask & (uint)Lanes(count - i));
            }
        }
        else if (count > 0 && *heads < head)
        {
            below = 1;
        }

        return below;
    }

    /// <summary>A bit for each lane that holds a head, given how many are left.</summary>
    private static ulong Lanes(int left) => left >= 8 ? 0xFF : (1UL << left) - 1;

    private static ulong BigEndian(byte* bytes) =>
        BinaryPrimitives.ReadUInt64BigEndian(new ReadOnlySpan<byte>(bytes, sizeof(ulong)));
}
