using System.CommandLine;
using System.Text.Json;
using LogEngine.Stores;

namespace LogEngine.Cli.Stores;

/// <summary>`run`: runs of a run log.</summary>
internal static class RunCommand
{
    private const string Kind = "runs";

    internal static Command Create(ToolIO io) => new("run", "Runs of an engine's run logs.")
    {
        List(io), Show(io), Export(io), Import(io),
    };

    private static Command List(ToolIO io)
    {
        StoreVerb verb = new(io, "list", "Lists the run logs, or the runs of one with their rows.");
        Argument<string?> store = verb.Optional("STORE", "The run log's name.");
        return verb.Does(false, async (engine, parsed, output, cancellationToken) =>
        {
            if (parsed.GetValue(store) is not { } name)
            {
                StorePlace.Names(engine, Kind).ToList().ForEach(output.Line);
                return;
            }

            RunLog log = new(engine, name);
            await foreach (string run in log.ListRunsAsync(cancellationToken: cancellationToken))
            {
                output.Line($"{log.CountRows(run)}\t{run}");
            }
        });
    }

    private static Command Show(ToolIO io)
    {
        StoreVerb verb = new(io, "show", "Prints the rows of a run.");
        Argument<string> store = verb.Required("STORE", "The run log's name.");
        Argument<string> run = verb.Required("RUN", "The run.");
        Option<long> from = verb.Option<long>("--from", "First sequence.");
        return verb.Does(false, async (engine, parsed, output, cancellationToken) =>
        {
            await foreach (RunRow row in new RunLog(engine, parsed.GetValue(store)!).ReadAsync(
                parsed.GetValue(run)!,
                parsed.GetValue(from),
                cancellationToken: cancellationToken))
            {
                output.Line($"{row.Sequence}\t{row.Kind}\t{row.TaskId}\t{row.State}\t"
                    + (row.Data is { } data ? $"{data.Length} bytes" : "-"));
            }
        });
    }

    private static Command Export(ToolIO io)
    {
        StoreVerb verb = new(io, "export", "Writes the rows of a run, a JSON object a line.");
        Argument<string> store = verb.Required("STORE", "The run log's name.");
        Argument<string> run = verb.Required("RUN", "The run.");
        return verb.Does(false, async (engine, parsed, output, cancellationToken) =>
        {
            await foreach (RunRow row in new RunLog(engine, parsed.GetValue(store)!).ReadAsync(
                parsed.GetValue(run)!, cancellationToken: cancellationToken))
            {
                output.Json(json =>
                {
                    json.WriteNumber("sequence", row.Sequence);
                    json.WriteNumber("kind", (int)row.Kind);
                    json.WriteString("state", row.State);
                    json.WriteString("taskId", row.TaskId);
                    if (row.Data is { } data)
                    {
                        json.WriteBase64String("data", data.Span);
                    }
                });
            }
        });
    }

    private static Command Import(ToolIO io)
    {
        StoreVerb verb = new(
            io, "import", "Appends rows, as export writes them; all of them, or none.");
        Argument<string> store = verb.Required("STORE", "The run log's name.");
        Argument<string> run = verb.Required("RUN", "The run.");
        Argument<string?> file = verb.Optional("FILE", "The file; standard input if not given.");
        return verb.Does(true, async (engine, parsed, output, cancellationToken) =>
        {
            string? path = parsed.GetValue(file);
            Stream input = StorePlace.Input(io, path);
            List<RunRow> rows = [];
            await foreach (JsonElement line in JsonLines.ReadAsync(input, cancellationToken))
            {
                rows.Add(new RunRow(
                    line.Required("sequence").GetInt64(),
                    line.Required("state").GetString()!,
                    line.Required("taskId").GetString()!,
                    line.TryGetProperty("data", out JsonElement data)
                        ? data.GetBytesFromBase64()
                        : default(ReadOnlyMemory<byte>?),
                    (RunRowKind)line.Required("kind").GetInt32()));
            }

            await StorePlace.CloseAsync(input, path);
            if (rows.Count > 0)
            {
                await new RunLog(engine, parsed.GetValue(store)!).AppendAsync(
                    parsed.GetValue(run)!, rows, cancellationToken: cancellationToken);
            }

            output.Line($"{rows.Count} rows appended");
        });
    }
}
