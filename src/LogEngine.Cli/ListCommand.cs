using System.CommandLine;
using LogEngine.Cli.Stores;

namespace LogEngine.Cli;

/// <summary>`ls`: what is in a storage engine.</summary>
internal static class ListCommand
{
    internal static Command Create(ToolIO io)
    {
        Argument<string> directory = Arguments.EnginePlace();
        Command command = new(
            "ls",
            "Lists the keyspaces, queues, topics and stores of an engine, with the entries of each. "
            + "Read-only, also beside a writer.")
        {
            directory,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using StorageEngine engine = await EnginePlace.OpenReadOnlyAsync(
                parsed.GetValue(directory)!, cancellationToken);
            LineOutput output = new(io, parsed.WantsJson());
            foreach (EngineEntry entry in await EngineEntry.OfAsync(engine, cancellationToken))
            {
                output.Row(
                    () => $"{entry.Kind,-12} {entry.Entries,12}  {Text.Escape(entry.Name)}",
                    json =>
                    {
                        json.WriteString("kind", entry.Kind);
                        json.WriteString("name", entry.Name);
                        json.WriteNumber("entries", entry.Entries);
                    });
            }

            output.Flush();
            return ExitCode.Sound;
        });
        return command;
    }
}
