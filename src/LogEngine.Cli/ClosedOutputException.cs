namespace LogEngine.Cli;

/// <summary>Standard output was closed by whoever read it.</summary>
internal sealed class ClosedOutputException(Exception cause)
    : IOException("standard output was closed", cause)
{
}
