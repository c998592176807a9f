using System.Buffers;

namespace LogEngine.AspNetCore;

/// <summary>
/// A header and a content behind it in rented memory. It is given back only where the write has completed: after a
/// cancelled wait the engine may still be reading it, and then it is left to the collector.
/// </summary>
internal readonly struct RowBuffer
{
    private readonly byte[] _array;
    private readonly int _header;
    private readonly int _length;

    private RowBuffer(byte[] array, int header, int length)
    {
        _array = array;
        _header = header;
        _length = length;
    }

    internal Span<byte> Header => _array.AsSpan(0, _header);

    internal ReadOnlyMemory<byte> Memory => _array.AsMemory(0, _length);

    /// <exception cref="RecordTooLargeException">No engine has room for so large a value.</exception>
    internal static RowBuffer Rent(int header, in ReadOnlySequence<byte> content)
    {
        long most = StorageEngine.MaxValueBytes - header;
        if (content.Length > most)
        {
            throw new RecordTooLargeException("An entry of a cache", content.Length, most);
        }

        int length = header + (int)content.Length;
        byte[] array = ArrayPool<byte>.Shared.Rent(length);
        content.CopyTo(array.AsSpan(header));
        return new RowBuffer(array, header, length);
    }

    internal void Return() => ArrayPool<byte>.Shared.Return(_array);
}
