using System.Buffers.Binary;

namespace LogEngine.Compare.Stores;

/// <summary>Values of one length that begin with their key: a wrong one is noticed.</summary>
internal sealed class StoreValues
{
    private readonly byte[] _rest;

    /// <summary>Values of a length of at least a key's.</summary>
    internal StoreValues(int length)
    {
        _rest = Measuring.Appenders.Payload(seed: 1, length);
    }

    /// <summary>Length of every value.</summary>
    internal int Length => _rest.Length;

    /// <summary>Writes the value of a key.</summary>
    internal void Write(Span<byte> destination, ulong key)
    {
        _rest.CopyTo(destination);
        BinaryPrimitives.WriteUInt64LittleEndian(destination, key);
    }

    /// <summary>Whether a value read is that of a key.</summary>
    internal bool IsRight(ReadOnlySpan<byte> value, ulong key) =>
        value.Length == _rest.Length && BinaryPrimitives.ReadUInt64LittleEndian(value) == key;

    /// <summary>A value's first word.</summary>
    internal static ulong WordOf(ReadOnlySpan<byte> value) =>
        BinaryPrimitives.ReadUInt64LittleEndian(value);
}
