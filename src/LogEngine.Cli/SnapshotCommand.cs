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
        command.SetAction((parsed, cancellationToken) => EnginePlace.ChangeAsync(
            io,
            parsed.WantsJson(),
            EnginePlace.OpenDirectoryAsync(parsed.GetValue(directory)!, cancellationToken),
            async engine =>
            {
                long sequence = await engine.SnapshotAsync(cancellationToken);
                return new Outcome($"snapshot of sequence {sequence}", ("sequence", sequence));
            }));
        return command;
    }
}
