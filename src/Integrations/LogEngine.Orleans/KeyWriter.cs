using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace LogEngine.Orleans;

/// <summary>
/// Builds a key of names that may be any bytes: each but the last behind its length, seven bits a byte, lowest first,
/// the high bit saying that more follow. So no two lists of names give the same key.
/// </summary>
internal readonly struct KeyWriter()
{
    /// <summary>Of a key whose names can be read in it.</summary>
    private const byte Readable = 1;

    /// <summary>Of a key that would be too long: SHA-256 of what would stand here.</summary>
    private const byte Hashed = 2;

    /// <summary>Refuses what is no valid text: replaced, two names could become one.</summary>
    private static readonly UTF8Encoding _strict = new(false, throwOnInvalidBytes: true);

    private readonly ArrayBufferWriter<byte> _names = new();

    internal void Add(ReadOnlySpan<byte> name)
    {
        uint length = (uint)name.Length;
        Span<byte> prefix = stackalloc byte[5];
        int used = 0;
        while (length >= 0x80)
        {
            prefix[used++] = (byte)(length | 0x80);
            length >>= 7;
        }

        prefix[used++] = (byte)length;
        _names.Write(prefix[..used]);
        _names.Write(name);
    }

    /// <exception cref="ArgumentException">The name is no valid text: it has an unpaired surrogate.</exception>
    internal void Add(string name, string what) => Add(Encode(name, what));

    internal void AddLast(ReadOnlySpan<byte> name) => _names.Write(name);

    /// <inheritdoc cref="Add(string, string)"/>
    internal void AddLast(string name, string what) => AddLast(Encode(name, what));

    /// <summary>The key, behind bytes that it is to begin with.</summary>
    internal byte[] ToKey(ReadOnlySpan<byte> prefix = default)
    {
        ReadOnlySpan<byte> names = _names.WrittenSpan;
        bool readable = prefix.Length + 1 + names.Length <= StorageEngine.MaxKeyBytes;
        byte[] key = new byte[prefix.Length + 1 + (readable ? names.Length : SHA256.HashSizeInBytes)];
        prefix.CopyTo(key);
        key[prefix.Length] = readable ? Readable : Hashed;
        Span<byte> rest = key.AsSpan(prefix.Length + 1);
        if (readable)
        {
            names.CopyTo(rest);
        }
        else
        {
            SHA256.HashData(names, rest);
        }

        return key;
    }

    private static byte[] Encode(string name, string what)
    {
        ArgumentNullException.ThrowIfNull(name);
        try
        {
            return _strict.GetBytes(name);
        }
        catch (EncoderFallbackException error)
        {
            throw new ArgumentException($"{what} is no valid text: it has an unpaired surrogate.", error);
        }
    }
}
