using System.Buffers.Binary;

namespace LogEngine.Stores;

/// <summary>
/// A name and a number as one key, ordered by name (as UTF-8), then by number. Bytes:
/// docs/stores.md.
/// </summary>
/// <remarks>
/// Every byte of the name is written one higher, and a zero ends it. UTF-8 has no byte above 0xF4,
/// so nothing overflows and the zero is below every byte of a name: no name is a prefix of another,
/// and the order of names is that of their bytes.
/// </remarks>
internal static class NamedKey
{
    private const byte End = 0;

    /// <summary>Bytes in front of the number of a name of so many bytes.</summary>
    internal static int PrefixLength(int nameBytes) => nameBytes + 1;

    /// <summary>What all keys of a name begin with, behind a tag.</summary>
    internal static byte[] Prefix(ReadOnlySpan<byte> tag, ReadOnlySpan<byte> name)
    {
        byte[] prefix = new byte[tag.Length + PrefixLength(name.Length)];
        Write(prefix, tag, name);
        return prefix;
    }

    /// <summary>The same of a name that is encoded here.</summary>
    /// <exception cref="StoreNameException">The name is empty, too long, or no text.</exception>
    internal static byte[] Prefix(
        ReadOnlySpan<byte> tag, string name, string what, string parameter)
    {
        Span<byte> bytes = stackalloc byte[StoreNames.MaxBytes];
        return Prefix(tag, bytes[..StoreNames.Encode(name, bytes, what, parameter)]);
    }

    /// <summary>The first key behind all keys of a name.</summary>
    internal static byte[] Behind(ReadOnlySpan<byte> prefix)
    {
        byte[] end = prefix.ToArray();
        end[^1] = End + 1;
        return end;
    }

    /// <summary>The key of a name's number.</summary>
    internal static byte[] Of(ReadOnlySpan<byte> prefix, long number)
    {
        byte[] key = new byte[prefix.Length + sizeof(long)];
        prefix.CopyTo(key);
        BinaryPrimitives.WriteInt64BigEndian(key.AsSpan(prefix.Length), number);
        return key;
    }

    /// <summary>The number at the end of a key.</summary>
    /// <exception cref="UndecodableValueException">It is no such key.</exception>
    internal static long NumberOf(ReadOnlySpan<byte> key)
    {
        int end = key.IndexOf(End);
        return end > 0 && key.Length == end + 1 + sizeof(long)
            ? BinaryPrimitives.ReadInt64BigEndian(key[^sizeof(long)..])
            : throw UndecodableValueException.OfKey(key, "a key is a name, a zero and a number");
    }

    /// <summary>The name in a key, behind a tag.</summary>
    /// <exception cref="UndecodableValueException">It is no such key.</exception>
    internal static string NameOf(ReadOnlySpan<byte> key, int tagBytes)
    {
        ReadOnlySpan<byte> rest = key[tagBytes..];
        int end = rest.IndexOf(End);
        if (end <= 0 || rest.Length != end + 1 + sizeof(long))
        {
            throw UndecodableValueException.OfKey(key, "a key is a name, a zero and a number");
        }

        byte[] name = rest[..end].ToArray();
        for (int i = 0; i < name.Length; i++)
        {
            name[i]--;
        }

        try
        {
            return StoreNames.Decode(name);
        }
        catch (FormatException error)
        {
            throw UndecodableValueException.OfKey(key, error.Message, error);
        }
    }

    private static void Write(Span<byte> into, ReadOnlySpan<byte> tag, ReadOnlySpan<byte> name)
    {
        tag.CopyTo(into);
        Span<byte> rest = into[tag.Length..];
        for (int i = 0; i < name.Length; i++)
        {
            rest[i] = (byte)(name[i] + 1);
        }

        rest[name.Length] = End;
    }
}
