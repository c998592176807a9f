using System.CommandLine;
using LogEngine.Cli.Stores;

namespace LogEngine.Cli;

/// <summary>`ls`: what is in a storage engine.</summary>
internal static class ListCommand
{
    internal static Command Create(ToolIO io)
    {
        Argument<string> directory = Arguments.EnginePlace();
        Option<bool> json = Arguments.Json();
        Command command = new(
            "ls",
            "Lists the keyspaces, queues, topics and stores of an engine, with the entries of each. "
            + "Read-only, also beside a writer.")
        {
            directory, json,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using StorageEngine engine = await EnginePlace.OpenReadOnlyAsync(
                parsed.GetValue(directory)!, cancellationToken);
            LineOutput output = new(io);
            foreach (EngineEntry entry in await EngineEntry.OfAsync(engine, cancellationToken))
            {
                if (parsed.GetValue(json))
                {
                    output.Json(line =>
                    {
                        line.WriteString("kind", entry.Kind);
                        line.WriteString("name", entry.Name);
                        line.WriteNumber("entries", entry.Entries);
                    });
                }
                else
                {
                    output.Line($"{entry.Kind,-12} {entry.Entries,12}  {Text.Escape(entry.Name)}");
                }
            }

            output.Flush();
            return ExitCode.Sound;
        });
        return command;
    }
}
