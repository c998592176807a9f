namespace LogEngine.Cli;

/// <summary>Cuts a stream into lines without their newline; any bytes may stand in them.</summary>
/// <remarks>
/// Lines are slices of blocks that are written only once, so a line stays as it is for as long as
/// somebody holds it.
/// </remarks>
/// <param name="stream">Where they come from.</param>
/// <param name="mostBytes">Most bytes of a line; those of a record if null.</param>
internal sealed class LineReader(Stream stream, long? mostBytes = null)
{
    private const int BlockBytes = 64 << 10;
    private const byte Newline = (byte)'\n';

    private byte[] _block = [];
    private int _start;
    private int _searched;
    private int _end;
    private bool _ended;
    private long _lines;

    /// <summary>Bytes read from the stream.</summary>
    internal long BytesRead { get; private set; }

    /// <summary>The next line that has been read already; false where more must be read.</summary>
    internal bool TryTake(out ReadOnlyMemory<byte> line)
    {
        int newline = _block.AsSpan(_searched, _end - _searched).IndexOf(Newline);
        if (newline >= 0)
        {
            line = _block.AsMemory(_start, _searched + newline - _start);
            _start = _searched + newline + 1;
            _searched = _start;
            _lines++;
            return true;
        }

        _searched = _end;
        bool last = _ended && _end > _start;
        line = last ? _block.AsMemory(_start, _end - _start) : default;
        _start = last ? _end : _start;
        return last;
    }

    /// <summary>Reads on; false at the end of the stream.</summary>
    /// <exception cref="RecordTooLargeException">A line exceeds what a record may hold.</exception>
    internal async ValueTask<bool> ReadAsync(CancellationToken cancellationToken)
    {
        if (_ended)
        {
            return false;
        }

        MakeRoom();

        // A read of a terminal or pipe cannot be cancelled; the wait for it can.
        int read = await stream.ReadAsync(_block.AsMemory(_end), cancellationToken).AsTask()
            .WaitAsync(cancellationToken);
        _end += read;
        BytesRead += read;
        _ended = read == 0;
        return !_ended || _end > _start;
    }

    private void MakeRoom()
    {
        int partial = _end - _start;
        if (partial > (mostBytes ?? LogBatch.MaxPayloadBytes))
        {
            throw new RecordTooLargeException(
                $"Line {_lines + 1}, with a length in bytes", partial, mostBytes ?? LogBatch.MaxPayloadBytes);
        }

        if (_block.Length - _end >= BlockBytes / 16)
        {
            return;
        }

        byte[] block = new byte[Math.Max(BlockBytes, 2 * partial)];
        _block.AsSpan(_start, partial).CopyTo(block);
        _block = block;
        _start = 0;
        _searched = partial;
        _end = partial;
    }
}
