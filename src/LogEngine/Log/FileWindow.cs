using LogEngine.Format;
using LogEngine.Storage;

namespace LogEngine.Log;

/// <summary>A bounded, sliding view of a file: sequential reading with few calls.</summary>
/// <remarks>
/// <para>
/// Not thread-safe. It holds <see cref="DefaultBytes"/>, more only while a larger record passes. It
/// never caches anything at or behind the limit given with a call, so bytes that are still being
/// written are read again.
/// </para>
/// <para>
/// With <see cref="AllowReadAhead"/> the next bytes are read on another thread while these are
/// worked on, once the window has slid along the file for a while.
/// </para>
/// </remarks>
internal sealed class FileWindow : IDisposable
{
    internal const int DefaultBytes = 256 << 10;

    /// <summary>
    /// Fills in a row, each going on where the last one ended, before anything is read ahead.
    /// </summary>
    private const int FillsBeforeReadAhead = 2;

    private readonly IStorageFile _file;
    private readonly int _alignment;
    private readonly int _bytes;
    private readonly bool _owned;
    private AlignedBuffer _buffer;

    /// <summary>Where in the buffer the bytes begin.</summary>
    private int _first;

    /// <summary>
    /// Offset in the file of the first byte held, and of the byte after the last.
    /// </summary>
    private long _start;
    private long _end;

    // Reading ahead: where it is allowed, up to which offset, and by what.
    private IScheduler? _scheduler;
    private AheadVerifier? _verifier;
    private long _aheadLimit;
    private int _fillsInRow;
    private ReadAhead? _ahead;

    /// <param name="file">The file, owned from now on unless told otherwise.</param>
    /// <param name="alignment">Reads begin and end at multiples of it.</param>
    /// <param name="most">
    /// Bytes that will be read at most, where that is known to be little; it holds no more.
    /// </param>
    /// <param name="owned">Whether the file is closed with the window.</param>
    internal FileWindow(
        IStorageFile file, int alignment, long most = DefaultBytes, bool owned = true)
    {
        _file = file;
        _owned = owned;
        _alignment = Math.Max(alignment, FormatLimits.MinAlignment);
        _bytes = RoundUp((int)Math.Clamp(most, 1, DefaultBytes));
        _buffer = new AlignedBuffer(_bytes, zeroed: false);
    }

    /// <summary>
    /// Bytes below the limit do not change any more: they may be read before they are wanted, and
    /// verified where they are read. That pays where a record takes longer to use than to verify and
    /// copy.
    /// </summary>
    internal void AllowReadAhead(
        IScheduler scheduler, long limit, AheadVerifier? verifier = null)
    {
        _scheduler = scheduler;
        _verifier = verifier;
        _aheadLimit = limit;
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
            : _buffer.Slice(_first + (int)(offset - _start), (int)(end - offset));
    }

    /// <summary>Offset in the file of the first byte at hand.</summary>
    internal long Start => _start;

    /// <summary>Offset in the file behind the last byte at hand.</summary>
    internal long End => _end;

    /// <summary>What of the bytes at hand has been verified where they were read ahead.</summary>
    internal VerifiedRange Verified { get; private set; }

    /// <summary>Bytes that are at hand, or nothing; it does not read the file.</summary>
    internal ReadOnlySpan<byte> Peek(long offset, int length) =>
        offset >= _start && offset + length <= _end
            ? _buffer.Slice(_first + (int)(offset - _start), length)
            : default;

    /// <summary>Forgets what is buffered.</summary>
    internal void Invalidate()
    {
        _start = 0;
        _end = 0;
        Verified = default;
    }

    public void Dispose()
    {
        // First: it may be reading.
        _ahead?.Dispose();
        _buffer.Dispose();
        if (_owned)
        {
            _file.Dispose();
        }
    }

    private void Fill(long offset, int atLeast, long limit)
    {
        bool goesOn = _start < _end && offset >= _start && offset <= _end;
        if (goesOn && _ahead is not null && TryFillFromAhead(offset, atLeast, limit))
        {
            return;
        }

        _ahead?.Drop();
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
        _first = 0;
        _start = start;
        _end = Math.Min(start + read, limit);
        _fillsInRow = goesOn && needed <= _bytes ? _fillsInRow + 1 : 0;
        if (_scheduler is not null && _fillsInRow >= FillsBeforeReadAhead && _end < _aheadLimit)
        {
            _ahead ??= new ReadAhead(_file, _scheduler, _verifier);
            _ahead.Start(_end, _aheadLimit);
        }
    }

    /// <summary>
    /// Goes on with what has been read ahead, behind what is left of the present bytes.
    /// </summary>
    private bool TryFillFromAhead(long offset, int atLeast, long limit)
    {
        int left = (int)(_end - offset);
        if (left > ReadAhead.Headroom)
        {
            // In the midst of a larger record.
            return false;
        }

        long end = _end;
        ReadOnlySpan<byte> rest = _buffer.Slice(_first + (int)(offset - _start), left);
        Invalidate();
        if (!_ahead!.TryTake(ref _buffer, rest, out int read, out VerifiedRange verified))
        {
            return false;
        }

        _first = ReadAhead.Headroom - left;
        _start = offset;
        _end = Math.Min(end + read, limit);
        Verified = verified.To <= _end ? verified : default;

        // A larger record, or a short read: asked again, for what it is.
        return _end - offset >= atLeast || _end == limit;
    }

    private int RoundUp(int bytes) => checked((int)FormatLimits.AlignUp(bytes, _alignment));
}
