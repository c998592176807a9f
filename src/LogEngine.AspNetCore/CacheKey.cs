using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace LogEngine.AspNetCore;

/// <summary>
/// The rows of cache keys. A key is its UTF-8, readable with any tool, where that is a key of the engine. One that is
/// empty, too long or no valid text is the byte FF, which no UTF-8 has, and its SHA-256: no two strings share a row.
/// </summary>
internal static class CacheKey
{
    internal const int HashBytes = SHA256.HashSizeInBytes;

    private const byte Hashed = 0xFF;

    private static readonly UTF8Encoding _strict = new(false, throwOnInvalidBytes: true);

    internal static byte[] Of(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (key.Length > 0 && key.Length <= StorageEngine.MaxKeyBytes)
        {
            try
            {
                byte[] text = _strict.GetBytes(key);
                if (text.Length <= StorageEngine.MaxKeyBytes)
                {
                    return text;
                }
            }
            catch (EncoderFallbackException)
            {
                // An unpaired surrogate: UTF-8 has no bytes for it.
            }
        }

        byte[] row = new byte[1 + HashBytes];
        row[0] = Hashed;
        Hash(key, row.AsSpan(1));
        return row;
    }

    /// <summary>SHA-256 of a string's UTF-16, little-endian: of any string, valid or not.</summary>
    internal static void Hash(string text, Span<byte> destination)
    {
        if (BitConverter.IsLittleEndian)
        {
            SHA256.HashData(MemoryMarshal.AsBytes(text.AsSpan()), destination);
            return;
        }

        byte[] units = new byte[text.Length * sizeof(char)];
        for (int i = 0; i < text.Length; i++)
        {
            units[2 * i] = (byte)text[i];
            units[(2 * i) + 1] = (byte)(text[i] >> 8);
        }

        SHA256.HashData(units, destination);
    }
}
