using Microsoft.Win32.SafeHandles;

namespace LogEngine.Cli;

/// <summary>The standard streams, or what stands for them.</summary>
/// <param name="StandardInput">Standard input, bytes; null where it is closed.</param>
/// <param name="Output">Standard output, bytes; a write to a closed pipe throws.</param>
/// <param name="Error">Standard error, lines; commands write to it by <see cref="Tell"/>.</param>
/// <param name="ShowProgress">Whether standard error is a terminal.</param>
/// <param name="OutputIsTerminal">Whether standard output is one.</param>
internal sealed record ToolIO(
    Stream? StandardInput,
    Stream Output,
    TextWriter Error,
    bool ShowProgress,
    bool OutputIsTerminal = false)
{
    private const int StandardOutput = 1;
    private const int DefaultColumns = 80;
    private const int DefaultRows = 24;

    /// <summary>Standard input, for a command that reads it.</summary>
    /// <exception cref="IOException">There is none.</exception>
    internal Stream Input =>
        StandardInput ?? throw new IOException("standard input is closed: there is nothing to read");

    internal static ToolIO OfProcess() => new(
        StandardDescriptors.HasInput ? Console.OpenStandardInput() : null,
        StandardDescriptors.HasOutput ? OpenOutput() : MissingOutput.Create(),
        StandardDescriptors.HasError ? Console.Error : TextWriter.Null,
        StandardDescriptors.HasError && !Console.IsErrorRedirected,
        StandardDescriptors.HasOutput && !Console.IsOutputRedirected);

    /// <summary>Columns and rows of the terminal that standard output is; 80 and 24 where it does not say.</summary>
    internal static (int Columns, int Rows) TerminalSize()
    {
        try
        {
            return Console.WindowWidth > 0 && Console.WindowHeight > 1
                ? (Console.WindowWidth, Console.WindowHeight)
                : (DefaultColumns, DefaultRows);
        }
        catch (Exception error) when (error is IOException or PlatformNotSupportedException)
        {
            return (DefaultColumns, DefaultRows);
        }
    }

    /// <summary>
    /// A line on standard error. Where that cannot be written, nobody is left to be told, and what was
    /// done is done: the exit code says so.
    /// </summary>
    internal void Tell(string line)
    {
        try
        {
            Error.WriteLine(line);
            Error.Flush();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return;
        }
    }

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
            return pipe.CanSeek ? Console.OpenStandardOutput() : pipe;
        }
        catch (Exception error) when (error is IOException or ArgumentException
            or UnauthorizedAccessException)
        {
            // Nothing that a file stream takes, such as one opened for reading: the console's says so.
            return Console.OpenStandardOutput();
        }
    }
}
