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
        command.SetAction((parsed, cancellationToken) => EnginePlace.ChangeAsync(
            io,
            parsed.WantsJson(),
            EnginePlace.OpenDirectoryAsync(parsed.GetValue(directory)!, cancellationToken),
            async engine =>
            {
                long freed = await ProgressBar.RunAsync<CompactionProgress, long>(
                    io,
                    "compact",
                    p => (p.SegmentsDone, p.Segments),
                    progress => engine.CompactAsync(progress, cancellationToken).AsTask());
                long rewritten = engine.Statistics.RelocatedBytes;
                return new Outcome(
                    $"{freed} bytes freed, {rewritten} bytes rewritten",
                    ("bytesFreed", freed),
                    ("bytesRewritten", rewritten));
            }));
        return command;
    }
}
