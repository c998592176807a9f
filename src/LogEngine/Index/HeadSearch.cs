using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace LogEngine.Index;

/// <summary>Search among the first eight bytes of a page's suffixes.</summary>
internal static unsafe class HeadSearch
{
    private const int BlockHeads = 16;

    /// <summary>
    /// Whole blocks that a leaf, and a branch, may have in front of its last block.
    /// </summary>
    private const int LeafBlocks = (IndexLimits.MaxLeafEntries - 1) / BlockHeads;
    private const int BranchBlocks = (IndexLimits.MaxPageEntries - 1) / BlockHeads;

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

    /// <summary>How many of a page's ascending heads are below one.</summary>
    /// <remarks>
    /// The last head of each block of sixteen says which block it is in, and vectors count in that
    /// block: no branch depends on what is in the page, so the processor does not wait for its
    /// header before it asks for the heads. Reads what is behind the last head and leaves it out;
    /// the arena and the buffers of cursors have room for that.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int CountBelow(ulong* heads, int count, ulong head, bool leaf)
    {
        if (!Vector256.IsHardwareAccelerated)
        {
            return CountByHalves(heads, count, head);
        }

        int low = 0;
        int blocks = leaf ? LeafBlocks : BranchBlocks;
        for (int last = BlockHeads - 1; last < blocks * BlockHeads; last += BlockHeads)
        {
            bool below = (last < count) & (heads[last] < head);
            low += *(byte*)&below * BlockHeads;
        }

        uint within = Vector512.IsHardwareAccelerated
            ? BelowBy512(heads + low, head)
            : BelowBy256(heads + low, head);
        int left = count - low;
        uint lanes = left >= BlockHeads ? 0xFFFF : (1u << left) - 1;
        return low + BitOperations.PopCount(within & lanes);
    }

    /// <summary>A bit for each head of a block that is below one.</summary>
    private static uint BelowBy512(ulong* heads, ulong head)
    {
        Vector512<ulong> wanted = Vector512.Create(head);
        ulong first = Vector512.LessThan(Vector512.Load(heads), wanted)
            .ExtractMostSignificantBits();
        ulong second = Vector512.LessThan(Vector512.Load(heads + 8), wanted)
            .ExtractMostSignificantBits();
        return (uint)(first | (second << 8));
    }

    private static uint BelowBy256(ulong* heads, ulong head)
    {
        Vector256<ulong> wanted = Vector256.Create(head);
        uint bits = 0;
        for (int i = 0; i < BlockHeads; i += Vector256<ulong>.Count)
        {
            bits |= Vector256.LessThan(Vector256.Load(heads + i), wanted)
                .ExtractMostSignificantBits() << i;
        }

        return bits;
    }

    private static int CountByHalves(ulong* heads, int count, ulong head)
    {
        int low = 0;
        int high = count;
        while (low < high)
        {
            int middle = (low + high) >> 1;
            if (heads[middle] < head)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }

    private static ulong BigEndian(byte* bytes) =>
        BinaryPrimitives.ReadUInt64BigEndian(new ReadOnlySpan<byte>(bytes, sizeof(ulong)));
}
