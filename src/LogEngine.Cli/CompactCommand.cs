using System.CommandLine;

namespace LogEngine.Cli;

/// <summary>`compact`: frees what overwritten and removed values hold.</summary>
internal static class CompactCommand
{
    internal static Command Create(ToolIO io)
    {
        Argument<string> directory = Arguments.EngineDirectory();
        Command command = new(
            "compact", "Rewrites what is live beside dead values and frees the space.")
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
        long freed = await ProgressBar.RunAsync<CompactionProgress, long>(
            io,
            "compact",
            p => (p.SegmentsDone, p.Segments),
            progress => engine.CompactAsync(progress, cancellationToken).AsTask());
        long moved = engine.Statistics.RelocatedBytes;
        await engine.CloseAsync();
        BufferedOutput output = new(io.Output);
        output.WriteLine($"{freed} bytes freed, {moved} bytes rewritten");
        output.Flush();
        return ExitCode.Sound;
    }
}
