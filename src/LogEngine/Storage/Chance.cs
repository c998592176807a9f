namespace LogEngine.Storage;

/// <summary>
/// Random bytes of the system's own generator, for identities, salts and names. Not the framework's
/// generator for cryptography: on Linux that one is OpenSSL's, and where the library is not installed the
/// framework ends the process at the first use. A random GUID comes from the same source as OpenSSL's
/// seed, without it.
/// </summary>
internal static class Chance
{
    private const int GuidBytes = 16;

    /// <summary>Of a GUID's bytes these hold its version and variant; all others are random.</summary>
    private const int FirstFixed = 6;
    private const int LastFixed = 8;

    /// <summary>Fills bytes.</summary>
    internal static void Fill(Span<byte> bytes)
    {
        Span<byte> drawn = stackalloc byte[GuidBytes];
        while (!bytes.IsEmpty)
        {
            Guid.NewGuid().TryWriteBytes(drawn);
            drawn[(LastFixed + 1)..].CopyTo(drawn[FirstFixed..]);
            int count = Math.Min(bytes.Length, GuidBytes - (LastFixed + 1 - FirstFixed));
            drawn[..count].CopyTo(bytes);
            bytes = bytes[count..];
        }
    }

    /// <summary>A random 64-bit number.</summary>
    internal static ulong Word()
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        Fill(bytes);
        return BitConverter.ToUInt64(bytes);
    }
}
