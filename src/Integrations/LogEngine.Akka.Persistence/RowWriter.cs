using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace LogEngine.Akka.Persistence;

/// <summary>Writes the fields of a row: numbers little-endian, texts behind their length of four bytes.</summary>
internal readonly struct RowWriter(ArrayBufferWriter<byte> into)
{
    internal void Byte(byte value)
    {
        into.GetSpan(1)[0] = value;
        into.Advance(1);
    }

    internal void Int32(int value)
    {
        BinaryPrimitives.WriteInt32LittleEndian(into.GetSpan(4), value);
        into.Advance(4);
    }

    internal void Int64(long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(into.GetSpan(8), value);
        into.Advance(8);
    }

    internal void Text(string? value)
    {
        int length = Encoding.UTF8.GetByteCount(value ?? "");
        Int32(length);
        Encoding.UTF8.GetBytes(value ?? "", into.GetSpan(length));
        into.Advance(length);
    }

    internal void Rest(ReadOnlySpan<byte> value) => into.Write(value);
}

/// <summary>Reads what <see cref="RowWriter"/> has written.</summary>
internal ref struct RowReader(ReadOnlySpan<byte> row)
{
    private ReadOnlySpan<byte> _left = row;

    /// <summary>All that has not been read.</summary>
    internal readonly ReadOnlySpan<byte> Rest => _left;

    internal byte Byte() => Take(1)[0];

    internal int Int32() => BinaryPrimitives.ReadInt32LittleEndian(Take(4));

    internal long Int64() => BinaryPrimitives.ReadInt64LittleEndian(Take(8));

    internal string Text() => Encoding.UTF8.GetString(Take(Int32()));

    /// <exception cref="FormatException">There is less.</exception>
    private ReadOnlySpan<byte> Take(int length)
    {
        if ((uint)length > (uint)_left.Length)
        {
            throw new FormatException($"{length} bytes are to follow, and {_left.Length} do.");
        }

        ReadOnlySpan<byte> taken = _left[..length];
        _left = _left[length..];
        return taken;
    }
}
