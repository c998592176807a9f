using System.IO.Hashing;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using ArmCrc32 = System.Runtime.Intrinsics.Arm.Crc32;

namespace LogEngine.Format;

/// <summary>CRC-32C (Castagnoli, polynomial 0x1EDC6F41 reflected), as in RFC 3720 appendix B.</summary>
/// <remarks>
/// <para>
/// A checksum on disk always covers a salt and an offset before its bytes, starts at
/// <see cref="Start"/> and is inverted at the end, so zeros never validate, and neither do the same
/// bytes at another place or from an earlier life of a recycled file.
/// </para>
/// <para>
/// One CRC instruction has a latency of three cycles and a throughput of one, so inputs of
/// <see cref="ShortBlock"/> bytes and more run as three independent lanes that are joined by
/// shifting a lane's state over the length of the next.
/// </para>
/// <para>
/// Where a processor has no such instruction, and between what one stream and what three lanes do
/// best, System.IO.Hashing is faster (bench, Crc32CBenchmarks), and does it.
/// </para>
/// </remarks>
internal static class Crc32C
{
    /// <summary>Initial state.</summary>
    internal const uint Start = 0xFFFF_FFFF;

    private const int ShortLane = 128;
    private const int LongLane = 1024;
    private const int ShortBlock = 3 * ShortLane;
    private const int LongBlock = 3 * LongLane;

    /// <summary>From so many bytes on the library is faster than a single stream.</summary>
    private const int LibraryBytes = 192;

    /// <summary>The same where every step of the stream is a look into a table.</summary>
    private const int LibraryBytesWithoutInstruction = 32;

    private static readonly uint[] ShortShift = BuildShift(ShortLane);
    private static readonly uint[] LongShift = BuildShift(LongLane);

    private static bool HasInstruction => Sse42.X64.IsSupported || ArmCrc32.Arm64.IsSupported;

    /// <summary>The plain, published checksum of some bytes.</summary>
    internal static uint Compute(ReadOnlySpan<byte> bytes) => Finish(Append(Start, bytes));

    /// <summary>The on-disk checksum of bytes at an offset under a salt.</summary>
    internal static uint Compute(ulong salt, long offset, ReadOnlySpan<byte> bytes) =>
        Finish(Append(Begin(salt, offset), bytes));

    /// <summary>State after the salt and the offset.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static uint Begin(ulong salt, long offset) =>
        Append(Append(Start, salt), (ulong)offset);

    /// <summary>Advances a state over eight little-endian bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static uint Append(uint state, ulong word) => BitOperations.Crc32C(state, word);

    /// <summary>Advances a state over some bytes.</summary>
    internal static uint Append(uint state, ReadOnlySpan<byte> bytes)
    {
        ref byte at = ref MemoryMarshal.GetReference(bytes);
        int left = bytes.Length;
        if (left >= ShortBlock && HasInstruction)
        {
            state = AppendLanes(state, ref at, ref left, LongLane, LongBlock, LongShift);
            at = ref Unsafe.Add(ref MemoryMarshal.GetReference(bytes), bytes.Length - left);
            state = AppendLanes(state, ref at, ref left, ShortLane, ShortBlock, ShortShift);
            at = ref Unsafe.Add(ref MemoryMarshal.GetReference(bytes), bytes.Length - left);
        }

        if (left >= (HasInstruction ? LibraryBytes : LibraryBytesWithoutInstruction))
        {
            int whole = left & ~7;
            state = AppendByLibrary(state, bytes.Slice(bytes.Length - left, whole));
            at = ref Unsafe.Add(ref at, whole);
            left -= whole;
        }

        while (left >= 8)
        {
            state = BitOperations.Crc32C(state, ReadWord(ref at));
            at = ref Unsafe.Add(ref at, 8);
            left -= 8;
        }

        while (left > 0)
        {
            state = BitOperations.Crc32C(state, at);
            at = ref Unsafe.Add(ref at, 1);
            left--;
        }

        return state;
    }

    /// <summary>The checksum of a state.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static uint Finish(uint state) => ~state;

    /// <summary>
    /// Over whole words. The library begins anew and knows no state to go on from. A checksum is
    /// linear: what our state differs by from its start is shifted over the bytes, and added.
    /// </summary>
    internal static uint AppendByLibrary(uint state, ReadOnlySpan<byte> words) =>
        ~Crc32.HashToUInt32(Crc32ParameterSet.Crc32C, words)
        ^ Crc32CShift.Over(state ^ Start, words.Length / sizeof(ulong));

    private static uint AppendLanes(
        uint state, ref byte at, ref int left, int lane, int block, uint[] shift)
    {
        while (left >= block)
        {
            uint a = state;
            uint b = 0;
            uint c = 0;
            for (int i = 0; i < lane; i += 8)
            {
                a = BitOperations.Crc32C(a, ReadWord(ref Unsafe.Add(ref at, i)));
                b = BitOperations.Crc32C(b, ReadWord(ref Unsafe.Add(ref at, lane + i)));
                c = BitOperations.Crc32C(c, ReadWord(ref Unsafe.Add(ref at, (2 * lane) + i)));
            }

            state = Shift(shift, Shift(shift, a) ^ b) ^ c;
            at = ref Unsafe.Add(ref at, block);
            left -= block;
        }

        return state;
    }

    private static ulong ReadWord(ref byte at)
    {
        ulong word = Unsafe.ReadUnaligned<ulong>(ref at);
        return BitConverter.IsLittleEndian
            ? word
            : System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(word);
    }

    /// <summary>Advances a state over a lane of zero bytes: linear, so four byte tables do.</summary>
    private static uint Shift(uint[] tables, uint state) =>
        tables[state & 0xFF]
        ^ tables[256 + ((state >> 8) & 0xFF)]
        ^ tables[512 + ((state >> 16) & 0xFF)]
        ^ tables[768 + (state >> 24)];

    private static uint[] BuildShift(int lane)
    {
        Span<uint> bit = stackalloc uint[32];
        for (int i = 0; i < 32; i++)
        {
            uint state = 1u << i;
            for (int n = 0; n < lane; n += 8)
            {
                state = BitOperations.Crc32C(state, 0UL);
            }

            bit[i] = state;
        }

        uint[] tables = new uint[4 * 256];
        for (int table = 0; table < 4; table++)
        {
            for (int value = 0; value < 256; value++)
            {
                uint sum = 0;
                for (int i = 0; i < 8; i++)
                {
                    sum ^= (value & (1 << i)) != 0 ? bit[(table * 8) + i] : 0;
                }

                tables[(table * 256) + value] = sum;
            }
        }

        return tables;
    }
}
