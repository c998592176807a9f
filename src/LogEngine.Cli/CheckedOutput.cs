namespace LogEngine.Cli;

/// <summary>
/// Standard output for everything that a command writes: a failure to write is one of two things,
/// whoever wrote, be it a line, a blob or the help. <see cref="ClosedOutputException"/>: whoever read
/// has had enough. <see cref="OutputFailedException"/>: it should have been written and was not.
/// </summary>
internal sealed class CheckedOutput(Stream stream) : Stream
{
    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Write(byte[] buffer, int offset, int count) =>
        Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        try
        {
            stream.Write(buffer);
        }
        catch (Exception error) when (IsOutput(error))
        {
            throw Name(error);
        }
    }

    public override Task WriteAsync(
        byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override async ValueTask WriteAsync(
        ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            await stream.WriteAsync(buffer, cancellationToken);
        }
        catch (Exception error) when (IsOutput(error))
        {
            throw Name(error);
        }
    }

    public override void Flush()
    {
        try
        {
            stream.Flush();
        }
        catch (Exception error) when (IsOutput(error))
        {
            throw Name(error);
        }
    }

    public override int Read(byte[] buffer, int offset, int count) =>
        throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private static bool IsOutput(Exception error) =>
        error is IOException or UnauthorizedAccessException;

    private static IOException Name(Exception error) => IsClosedPipe(error)
        ? new ClosedOutputException(error)
        : new OutputFailedException(error);

    /// <summary>The framework hands on the system's number; a closed pipe has no type of its own.</summary>
    private static bool IsClosedPipe(Exception error) => OperatingSystem.IsWindows()
        ? (error.HResult & 0xFFFF) is 109 or 232 // ERROR_BROKEN_PIPE, ERROR_NO_DATA
        : error.HResult is 32 // EPIPE
            || error.HResult == (OperatingSystem.IsLinux() ? 104 : 54); // ECONNRESET
}
