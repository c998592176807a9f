using System.CommandLine;

namespace LogEngine.Cli;

/// <summary>`dump`: the structure of one segment file.</summary>
internal static class DumpCommand
{
    internal static Command Create(ToolIO io)
    {
        Argument<string> directory = Arguments.Directory();
        Argument<string> segment = new("SEGMENT")
        {
            Description = "A segment's id, or the name of its file, as stat prints them.",
        };
        Command command = new("dump", "Prints the structure of a segment file, damaged or not.")
        {
            directory, segment,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            BufferedOutput output = new(io.Output);
            IAsyncEnumerable<string> lines = LogDirectory.DumpAsync(
                parsed.GetValue(directory)!, parsed.GetValue(segment)!, cancellationToken);
            await foreach (string line in lines)
            {
                output.WriteLine(line);
            }

            output.Flush();
            return ExitCode.Sound;
        });
        return command;
    }
}
