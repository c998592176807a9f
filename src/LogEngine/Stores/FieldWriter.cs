using System.Buffers;
using System.Text;

namespace LogEngine.Stores;

/// <summary>Writes the fields of a stored value: numbers as variable-length integers, texts and
/// bytes with their length before them.</summary>
internal sealed class FieldWriter
{
    private byte[] _bytes;
    private int _length;

    /// <summary>Begins a value with the version of its layout.</summary>
    /// <param name="layout">The version.</param>
    /// <param name="capacity">Bytes that the value will about have; it may have more.</param>
    internal FieldWriter(byte layout, int capacity = 64)
    {
        _bytes = ArrayPool<byte>.Shared.Rent(capacity);
        WriteByte(layout);
    }

    internal ReadOnlySpan<byte> Written => _bytes.AsSpan(0, _length);

    /// <summary>The same, for who does not write on.</summary>
    internal ReadOnlyMemory<byte> WrittenMemory => _bytes.AsMemory(0, _length);

    internal void WriteByte(byte value) => Next(1)[0] = value;

    /// <summary>Seven bits a byte, the lowest first; the high bit says that more follow.</summary>
    internal void WriteNumber(long value)
    {
        ulong rest = (ulong)value;
        while (rest >= 0x80)
        {
            WriteByte((byte)(rest | 0x80));
            rest >>= 7;
        }

        WriteByte((byte)rest);
    }

    internal void WriteBytes(ReadOnlySpan<byte> bytes)
    {
        WriteNumber(bytes.Length);
        bytes.CopyTo(Next(bytes.Length));
    }

    /// <summary>A text whose characters have been checked.</summary>
    internal void WriteText(string text)
    {
        int length = Encoding.UTF8.GetByteCount(text);
        WriteNumber(length);
        Encoding.UTF8.GetBytes(text, Next(length));
    }

    /// <summary>
    /// Gives the memory back for others to use: nobody reads what was written any more. Who cannot be sure
    /// of that leaves it to the collector.
    /// </summary>
    internal void Return()
    {
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = [];
        _length = 0;
    }

    private Span<byte> Next(int count)
    {
        if (_bytes.Length - _length < count)
        {
            byte[] larger = ArrayPool<byte>.Shared.Rent(
                Math.Max(checked(_length + count), 2 * _bytes.Length));
            Written.CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = larger;
        }

        Span<byte> next = _bytes.AsSpan(_length, count);
        _length += count;
        return next;
    }
}
