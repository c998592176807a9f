using System.CommandLine;

namespace LogEngine.Cli;

/// <summary>`snapshot`: writes a snapshot of the index.</summary>
internal static class SnapshotCommand
{
    internal static Command Create(ToolIO io)
    {
        Argument<string> directory = Arguments.EngineDirectory();
        Command command = new(
            "snapshot", "Writes a snapshot of the index, so that the next open replays less.")
        {
            directory,
        };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            io, parsed.GetValue(directory)!, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(
        ToolIO io, string directory, CancellationToken cancellationToken)
    {
        await using StorageEngine engine = await EnginePlace.OpenAsync(
            directory, cancellationToken);
        long sequence = await engine.SnapshotAsync(cancellationToken);
        await engine.CloseAsync();
        BufferedOutput output = new(io.Output);
        output.WriteLine($"snapshot of sequence {sequence}");
        output.Flush();
        return ExitCode.Sound;
    }
}
