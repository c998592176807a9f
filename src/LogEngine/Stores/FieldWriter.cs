using System.Buffers;
using System.Text;

namespace LogEngine.Stores;

/// <summary>Writes the fields of a stored value: numbers as variable-length integers, texts and
/// bytes with their length before them.</summary>
internal sealed class FieldWriter
{
    private readonly ArrayBufferWriter<byte> _bytes;

    /// <summary>Begins a value with the version of its layout.</summary>
    /// <param name="layout">The version.</param>
    /// <param name="capacity">Bytes that the value will about have; it may have more.</param>
    internal FieldWriter(byte layout, int capacity = 64)
    {
        _bytes = new ArrayBufferWriter<byte>(capacity);
        WriteByte(layout);
    }

    internal ReadOnlySpan<byte> Written => _bytes.WrittenSpan;

    /// <summary>The same, for who does not write on.</summary>
    internal ReadOnlyMemory<byte> WrittenMemory => _bytes.WrittenMemory;

    internal void WriteByte(byte value)
    {
        _bytes.GetSpan(1)[0] = value;
        _bytes.Advance(1);
    }

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
        _bytes.Write(bytes);
    }

    /// <summary>A text whose characters have been checked.</summary>
    internal void WriteText(string text)
    {
        WriteNumber(Encoding.UTF8.GetByteCount(text));
        Encoding.UTF8.GetBytes(text, _bytes);
    }
}
