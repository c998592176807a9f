using LogEngine.Format;
using LogEngine.Storage;

namespace LogEngine.Log;

/// <summary>A bounded, sliding view of a file: sequential reading with few calls.</summary>
/// <remarks>
/// Not thread-safe. It holds <see cref="DefaultBytes"/>, more only while a larger record passes. It
/// never caches anything at or behind the limit given with a call, so bytes that are still being
/// written are read again.
/// </remarks>
internal sealed class FileWindow : IDisposable
{
    internal const int DefaultBytes = 256 << 10;

    private readonly IStorageFile _file;
    private readonly int _alignment;
    private readonly int _bytes;
    private AlignedBuffer _buffer;

    /// <summary>Offset of the buffer's first byte in the file, and of the byte after its last.</summary>
    private long _start;
    private long _end;

    /// <param name="file">The file, owned from now on.</param>
    /// <param name="alignment">Reads begin and end at multiples of it.</param>
    /// <param name="most">
    /// Bytes that will be read at most, where that is known to be little; it holds no more.
    /// </param>
    internal FileWindow(IStorageFile file, int alignment, long most = DefaultBytes)
    {
        _file = file;
        _alignment = Math.Max(alignment, FormatLimits.MinAlignment);
        _bytes = RoundUp((int)Math.Clamp(most, 1, DefaultBytes));
        _buffer = new AlignedBuffer(_bytes, zeroed: false);
    }

    /// <summary>
    /// Bytes of the file from an offset on: <paramref name="atLeast"/> of them, and whatever else
    /// is at hand; fewer only at the limit or the end of the file. Valid until the next call.
    /// </summary>
    internal ReadOnlySpan<byte> Read(long offset, int atLeast, long limit)
    {
        long end = Math.Min(_end, limit);
        if (offset < _start || offset + atLeast > end)
        {
            Fill(offset, atLeast, limit);
            end = Math.Min(_end, limit);
        }

        return offset >= end
            ? default
            : _buffer.Span[(int)(offset - _start)..(int)(end - _start)];
    }

    /// <summary>Forgets what is buffered.</summary>
    internal void Invalidate()
    {
        _start = 0;
        _end = 0;
    }

    public void Dispose()
    {
        _buffer.Dispose();
        _file.Dispose();
    }

    private void Fill(long offset, int atLeast, long limit)
    {
        long start = offset / _alignment * _alignment;
        int needed = RoundUp(checked((int)(offset - start) + atLeast));
        int size = Math.Max(needed, _bytes);
        if (needed > _buffer.Length || _buffer.Length > size)
        {
            _buffer.Dispose();
            _buffer = new AlignedBuffer(size, zeroed: false);
        }

        // Aligned up: a direct read takes whole blocks. What lies behind the limit is not kept.
        long wanted = Math.Min(_buffer.Length, FormatLimits.AlignUp(limit - start, _alignment));
        Invalidate();
        if (wanted <= 0)
        {
            return;
        }

        int read = _file.Read(_buffer.Span[..(int)wanted], start);
        _start = start;
        _end = Math.Min(start + read, limit);
    }

    private int RoundUp(int bytes) => checked((int)FormatLimits.AlignUp(bytes, _alignment));
}
