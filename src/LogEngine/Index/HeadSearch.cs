using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;

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
            return AdvSimd.Arm64.IsSupported
                ? CountBy128(heads, count, head, leaf)
                : CountByHalves(heads, count, head);
        }

        int low = BlockOf(heads, count, head, leaf);
        uint within = Vector512.IsHardwareAccelerated
            ? BelowBy512(heads + low, head)
            : BelowBy256(heads + low, head);
        int left = count - low;
        uint lanes = left >= BlockHeads ? 0xFFFF : (1u << left) - 1;
        return low + BitOperations.PopCount(within & lanes);
    }

    /// <summary>
    /// The same where vectors hold two heads, as on arm64: it has no cheap way from a vector to bits, so the
    /// lanes count.
    /// </summary>
    internal static int CountBy128(ulong* heads, int count, ulong head, bool leaf)
    {
        int low = BlockOf(heads, count, head, leaf);
        Vector128<ulong> wanted = Vector128.Create(head);
        Vector128<ulong> left = Vector128.Create((ulong)(count - low));
        Vector128<ulong> lane = Vector128.Create(0UL, 1UL);
        Vector128<ulong> below = Vector128<ulong>.Zero;
        for (int i = 0; i < BlockHeads; i += Vector128<ulong>.Count)
        {
            // What is true is all ones, which is minus one.
            below -= Vector128.LessThan(Vector128.Load(heads + low + i), wanted)
                & Vector128.LessThan(lane, left);
            lane += Vector128.Create(2UL);
        }

        return low + (int)Vector128.Sum(below);
    }

    /// <summary>Where the block begins that holds the first head which is not below one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int BlockOf(ulong* heads, int count, ulong head, bool leaf)
    {
        int low = 0;
        int blocks = leaf ? LeafBlocks : BranchBlocks;
        for (int last = BlockHeads - 1; last < blocks * BlockHeads; last += BlockHeads)
        {
            bool below = (last < count) & (heads[last] < head);
            low += *(byte*)&below * BlockHeads;
        }

        return low;
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
