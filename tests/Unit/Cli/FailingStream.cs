namespace LogEngine.Unit.Cli;

/// <summary>A standard output whose writes fail as the system has them fail.</summary>
internal sealed class FailingStream(int errorNumber, string message) : MemoryStream
{
    /// <summary>A full device or file system: ENOSPC.</summary>
    internal static FailingStream Full() => new(28, "No space left on device");

    /// <summary>A pipe that nobody reads any more: EPIPE.</summary>
    internal static FailingStream Closed() => new(32, "Broken pipe");

    public override void Write(byte[] buffer, int offset, int count) => throw Failure();

    public override void Write(ReadOnlySpan<byte> buffer) => throw Failure();

    public override Task WriteAsync(
        byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        Task.FromException(Failure());

    public override ValueTask WriteAsync(
        ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        ValueTask.FromException(Failure());

    private IOException Failure() => new(message, errorNumber);
}
