using System.Buffers.Binary;
using System.Text;

namespace LogEngine.Rebus;

/// <summary>
/// Keys of a store of sagas: <c>01</c>, type, id for the saga; <c>02</c>, type, property, value for the saga that has
/// it, whose id is the value. Type and property stand behind their length of two bytes, big-endian.
/// </summary>
internal static class SagaKeys
{
    internal static byte[] Saga(Type type, Guid id)
    {
        byte[] name = NameOf(type);
        byte[] key = new byte[1 + 2 + name.Length + 16];
        key[0] = 1;
        Append(key.AsSpan(1), name);
        id.TryWriteBytes(key.AsSpan(^16..), bigEndian: true, out _);
        return key;
    }

    /// <exception cref="ArgumentException">Type, property and value are too long for a key.</exception>
    internal static byte[] Correlation(Type type, string property, string value)
    {
        byte[] name = NameOf(type);
        byte[] field = Encoding.UTF8.GetBytes(property);
        byte[] text = Encoding.UTF8.GetBytes(value);
        int length = 1 + 2 + name.Length + 2 + field.Length + text.Length;
        if (length > StorageEngine.MaxKeyBytes)
        {
            throw new ArgumentException(
                $"The correlation property {property} of {type} has a value of {text.Length} bytes of UTF-8; "
                + $"{StorageEngine.MaxKeyBytes - length + text.Length} are allowed.",
                nameof(value));
        }

        byte[] key = new byte[length];
        key[0] = 2;
        int at = 1 + Append(key.AsSpan(1), name);
        at += Append(key.AsSpan(at), field);
        text.CopyTo(key.AsSpan(at));
        return key;
    }

    /// <summary>Without the assembly, so that it may have another version.</summary>
    private static byte[] NameOf(Type type) => Encoding.UTF8.GetBytes(type.FullName ?? type.Name);

    private static int Append(Span<byte> into, ReadOnlySpan<byte> text)
    {
        BinaryPrimitives.WriteUInt16BigEndian(into, checked((ushort)text.Length));
        text.CopyTo(into[2..]);
        return 2 + text.Length;
    }
}
