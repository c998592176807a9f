namespace LogEngine.Stores;

/// <summary>Reads what <see cref="FieldWriter"/> wrote.</summary>
internal ref struct FieldReader
{
    private ReadOnlySpan<byte> _rest;

    /// <exception cref="FormatException">The layout is another one.</exception>
    internal FieldReader(ReadOnlySpan<byte> value, byte layout)
    {
        _rest = value;
        byte found = ReadByte();
        if (found != layout)
        {
            throw new FormatException($"layout {found} where {layout} is known");
        }
    }

    internal byte ReadByte() => Take(1)[0];

    internal long ReadNumber()
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            byte next = ReadByte();
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return (long)value;
            }
        }

        throw new FormatException("a number has no end");
    }

    internal ReadOnlySpan<byte> ReadBytes()
    {
        long length = ReadNumber();
        return length >= 0 && length <= _rest.Length
            ? Take((int)length)
            : throw new FormatException("a field is longer than the value");
    }

    internal string ReadText() => StoreNames.Decode(ReadBytes());

    /// <exception cref="FormatException">There is more.</exception>
    internal readonly void RequireEnd()
    {
        if (!_rest.IsEmpty)
        {
            throw new FormatException($"{_rest.Length} bytes behind the last field");
        }
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > _rest.Length)
        {
            throw new FormatException("the value ends inside a field");
        }

        ReadOnlySpan<byte> taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }
}
