using System.Numerics;
using System.Runtime.InteropServices;

namespace LogEngine.Testing.Disk;

/// <summary>One page of a file; never changed, so that any number of images share it.</summary>
/// <remarks>A page of zeros is null instead: what has no page reads as zeros.</remarks>
internal sealed class SimPage
{
    internal const int Size = 4096;

    private ulong _hash;

    private SimPage(byte[] bytes) => Bytes = bytes;

    internal byte[] Bytes { get; }

    /// <summary>Of the bytes; never 0.</summary>
    internal ulong Hash => _hash != 0 ? _hash : _hash = HashOf(Bytes) | 1;

    /// <summary>Copies a whole page; null for zeros.</summary>
    internal static SimPage? Of(ReadOnlySpan<byte> bytes) =>
        bytes.ContainsAnyExcept((byte)0) ? new SimPage(bytes.ToArray()) : null;

    /// <summary>A page with some bytes replaced; null if it is all zeros then.</summary>
    internal static SimPage? Patch(SimPage? page, int at, ReadOnlySpan<byte> bytes)
    {
        if (page is null && !bytes.ContainsAnyExcept((byte)0))
        {
            return null;
        }

        byte[] patched = new byte[Size];
        page?.Bytes.CopyTo(patched, 0);
        bytes.CopyTo(patched.AsSpan(at));
        return patched.AsSpan().ContainsAnyExcept((byte)0) ? new SimPage(patched) : null;
    }

    /// <summary>Mixes two words; order matters.</summary>
    internal static ulong Mix(ulong a, ulong b)
    {
        ulong high = Math.BigMul(
            a ^ 0x9E3779B97F4A7C15UL, b ^ 0xD1B54A32D192ED03UL, out ulong low);
        return high ^ low ^ BitOperations.RotateLeft(a, 23);
    }

    private static ulong HashOf(byte[] bytes)
    {
        ulong hash = 1;
        ulong other = 2;
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(bytes);
        for (int i = 0; i < words.Length; i += 2)
        {
            hash = BitOperations.RotateLeft((hash ^ words[i]) * 0x9E3779B97F4A7C15UL, 29);
            other = BitOperations.RotateLeft((other ^ words[i + 1]) * 0xD1B54A32D192ED03UL, 31);
        }

        return Mix(hash, other);
    }
}
