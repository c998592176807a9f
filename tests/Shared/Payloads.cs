namespace LogEngine.Tests;

/// <summary>Contents that can be told apart: each byte follows from a seed and its place.</summary>
internal static class Payloads
{
    internal static byte[] Of(int length, long seed)
    {
        byte[] bytes = new byte[length];
        Fill(bytes, seed);
        return bytes;
    }

    internal static void Fill(Span<byte> bytes, long seed)
    {
        // SplitMix64: eight bytes a step, fast enough for payloads of many megabytes.
        ulong state = (ulong)seed * 0x9E37_79B9_7F4A_7C15;
        for (int i = 0; i < bytes.Length; i++)
        {
            if (i % 8 == 0)
            {
                state += 0x9E37_79B9_7F4A_7C15;
            }

            ulong mixed = (state ^ (state >> 30)) * 0xBF58_476D_1CE4_E5B9;
            mixed = (mixed ^ (mixed >> 27)) * 0x94D0_49BB_1331_11EB;
            bytes[i] = (byte)((mixed ^ (mixed >> 31)) >> (i % 8 * 8));
        }
    }
}
