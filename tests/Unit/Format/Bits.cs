namespace LogEngine.Unit.Format;

/// <summary>Changes that a checksum must notice.</summary>
internal static class Bits
{
    /// <summary>Flips every bit in turn; the bytes are restored after each.</summary>
    internal static void FlipEach(byte[] bytes, Action<int> check) =>
        FlipEach(bytes, 0, bytes.Length, check);

    internal static void FlipEach(byte[] bytes, int start, int end, Action<int> check)
    {
        for (int at = start; at < end; at++)
        {
            for (int bit = 0; bit < 8; bit++)
            {
                bytes[at] ^= (byte)(1 << bit);
                check(at);
                bytes[at] ^= (byte)(1 << bit);
            }
        }
    }
}
