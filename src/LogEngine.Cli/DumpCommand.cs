using System.CommandLine;
using LogEngine.Cli.StoreDumps;
using LogEngine.Cli.Stores;

namespace LogEngine.Cli;

/// <summary>`dump`: everything that an engine holds, or the structure of one segment file.</summary>
internal static class DumpCommand
{
    internal static Command Create(ToolIO io)
    {
        Argument<string> directory = Arguments.EnginePlace();
        Argument<string?> segment = new("SEGMENT")
        {
            Description = "A segment's id, or the name of its file, as stat prints them: its structure, "
                + "of a log too, damaged or not.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        Option<string?> file = new("--out") { Description = "A file to make, instead of standard output." };
        Command command = new(
            "dump",
            "Prints everything that a storage engine holds, a JSON object a line, for load; or the "
            + "structure of a segment file. Read-only, also beside a writer.")
        {
            directory, segment, file,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            string place = parsed.GetValue(directory)!;
            await StorePlace.WriteAsync(
                io,
                parsed.GetValue(file),
                target => parsed.GetValue(segment) is { } one
                    ? WriteSegmentAsync(target, place, one, cancellationToken)
                    : WriteStoreAsync(target, place, cancellationToken));
            return ExitCode.Sound;
        });
        return command;
    }

    private static async Task WriteSegmentAsync(
        Stream target, string directory, string segment, CancellationToken cancellationToken)
    {
        BufferedOutput output = new(target);
        await foreach (string line in LogDirectory.DumpAsync(directory, segment, cancellationToken))
        {
            output.WriteLine(line);
        }

        output.Flush();
    }

    private static async Task WriteStoreAsync(
        Stream target, string place, CancellationToken cancellationToken)
    {
        await using StorageEngine engine = await EnginePlace.OpenReadOnlyAsync(
            place, cancellationToken);
        BufferedOutput output = new(target);
        try
        {
            await new StoreDump(engine, output).WriteAsync(cancellationToken);
        }
        catch (LogEngineException)
        {
            // What stands before the damage is right: it is shown first.
            Verdict.ShowBefore(output.Flush);
            throw;
        }
    }
}
