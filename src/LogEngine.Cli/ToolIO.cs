using Microsoft.Win32.SafeHandles;

namespace LogEngine.Cli;

/// <summary>The standard streams, or what stands for them.</summary>
/// <param name="Input">Standard input, bytes.</param>
/// <param name="Output">Standard output, bytes; a write to a closed pipe throws.</param>
/// <param name="Error">Standard error, lines.</param>
/// <param name="ShowProgress">Whether standard error is a terminal.</param>
internal sealed record ToolIO(Stream Input, Stream Output, TextWriter Error, bool ShowProgress)
{
    private const int StandardOutput = 1;

    internal static ToolIO OfProcess() => new(
        Console.OpenStandardInput(),
        OpenOutput(),
        Console.Error,
        !Console.IsErrorRedirected);

    /// <summary>
    /// The console's stream drops what it writes to a closed pipe, so `cat --follow` would never
    /// end there; a file stream throws. For a file it is the other way round: only the console's
    /// stream goes on from where the descriptor stands.
    /// </summary>
    private static Stream OpenOutput()
    {
        if (OperatingSystem.IsWindows())
        {
            return Console.OpenStandardOutput();
        }

        try
        {
            FileStream pipe = new(
                new SafeFileHandle(StandardOutput, ownsHandle: false),
                FileAccess.Write,
                bufferSize: 0);
            if (!pipe.CanSeek)
            {
                return pipe;
            }
        }
        catch (Exception error) when (error is IOException or ArgumentException
            or UnauthorizedAccessException)
        {
            // Closed, or nothing that a file stream takes.
            _ = error;
        }

        return Console.OpenStandardOutput();
    }
}
