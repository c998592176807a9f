namespace LogEngine.Cli;

/// <summary>Stands for a standard output that the process was not given: it cannot be written.</summary>
internal static class MissingOutput
{
    internal static Stream Create() => new Refusing();

    private sealed class Refusing : MemoryStream
    {
        public override void Write(ReadOnlySpan<byte> buffer) => throw Refusal();

        public override ValueTask WriteAsync(
            ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            throw Refusal();

        private static IOException Refusal() => new("it is closed");
    }
}
