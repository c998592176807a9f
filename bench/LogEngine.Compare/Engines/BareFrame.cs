using System.Numerics;
using System.Runtime.CompilerServices;

namespace LogEngine.Compare.Engines;

/// <summary>
/// Framing of the bare loop: four bytes length, four bytes CRC-32C, the payload, zeros up to eight.
/// </summary>
/// <remarks>
/// The checksum covers the length and every payload word. Long payloads run as three lanes whose
/// states are then checksummed together, because one CRC instruction waits three cycles for the
/// one before it; that is the bare loop's own definition, no published one.
/// </remarks>
internal static unsafe class BareFrame
{
    internal const int HeaderBytes = 8;

    private const int LaneThresholdWords = 48;

    /// <summary>Bytes that a payload takes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int SizeOf(int payloadBytes) => (HeaderBytes + payloadBytes + 7) & ~7;

    /// <summary>
    /// Writes a frame; the target is eight-byte aligned and may hold anything before.
    /// </summary>
    internal static void Write(byte* target, ReadOnlySpan<byte> payload)
    {
        int size = SizeOf(payload.Length);
        *(ulong*)(target + size - 8) = 0;
        payload.CopyTo(new Span<byte>(target + HeaderBytes, payload.Length));
        *(int*)target = payload.Length;
        *(uint*)(target + 4) = Checksum(target, size);
    }

    /// <summary>Whether a whole frame at this place is intact.</summary>
    internal static bool Verify(byte* source, int size) =>
        *(uint*)(source + 4) == Checksum(source, size);

    private static uint Checksum(byte* frame, int size)
    {
        uint state = BitOperations.Crc32C(0xFFFF_FFFF, *(uint*)frame);
        ulong* at = (ulong*)(frame + HeaderBytes);
        int words = (size - HeaderBytes) / 8;
        if (words >= LaneThresholdWords)
        {
            int lane = words / 3;
            uint b = 0xFFFF_FFFF;
            uint c = 0xFFFF_FFFF;
            for (int i = 0; i < lane; i++)
            {
                state = BitOperations.Crc32C(state, at[i]);
                b = BitOperations.Crc32C(b, at[lane + i]);
                c = BitOperations.Crc32C(c, at[(2 * lane) + i]);
            }

            state = BitOperations.Crc32C(BitOperations.Crc32C(state, b), c);
            at += 3 * lane;
            words -= 3 * lane;
        }

        for (int i = 0; i < words; i++)
        {
            state = BitOperations.Crc32C(state, at[i]);
        }

        return ~state;
    }
}
