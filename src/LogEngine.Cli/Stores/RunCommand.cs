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
        return verb.Reads(async (engine, parsed, output, cancellationToken) =>
        {
            if (parsed.GetValue(store) is not { } name)
            {
                output.Names(await StorePlace.NamesAsync(engine, Kind, cancellationToken));
                return;
            }

            await StorePlace.RequireAsync(engine, Kind, name, cancellationToken);
            RunLog log = await engine.OpenRunsAsync(name, cancellationToken);
            await foreach (string run in log.ListRunsAsync(cancellationToken: cancellationToken))
            {
                long count = await log.CountRowsAsync(run, null, cancellationToken);
                output.Row(
                    () => $"{count}\t{Text.Escape(run)}",
                    json =>
                    {
                        json.WriteString("name", run);
                        json.WriteNumber("entries", count);
                    });
            }
        });
    }

    private static Command Show(ToolIO io)
    {
        StoreVerb verb = new(io, "show", "Prints the rows of a run.");
        Argument<string> store = verb.Required("STORE", "The run log's name.");
        Argument<string> run = verb.Required("RUN", "The run.");
        Option<long?> from = verb.Add(NumberOption.Whole(
            "--from", "First sequence.", long.MinValue, long.MaxValue));
        return verb.Reads(async (engine, parsed, output, cancellationToken) =>
        {
            await StorePlace.RequireAsync(engine, Kind, parsed.GetValue(store)!, cancellationToken);
            RunLog runs = await engine.OpenRunsAsync(parsed.GetValue(store)!, cancellationToken);
            await foreach (RunRow row in runs.ReadAsync(
                parsed.GetValue(run)!,
                parsed.GetValue(from) ?? 0,
                cancellationToken: cancellationToken))
            {
                output.Row(
                    () => $"{row.Sequence}\t{row.Kind}\t{Text.Escape(row.TaskId)}\t"
                        + $"{Text.Escape(row.State)}\t"
                        + (row.Data is { } data ? $"{data.Length} bytes" : "-"),
                    json => Write(json, row));
            }
        });
    }

    private static Command Export(ToolIO io)
    {
        StoreVerb verb = new(io, "export", "Writes the rows of a run, a JSON object a line.");
        Argument<string> store = verb.Required("STORE", "The run log's name.");
        Argument<string> run = verb.Required("RUN", "The run.");
        return verb.Reads(async (engine, parsed, output, cancellationToken) =>
        {
            await StorePlace.RequireAsync(engine, Kind, parsed.GetValue(store)!, cancellationToken);
            RunLog runs = await engine.OpenRunsAsync(parsed.GetValue(store)!, cancellationToken);
            await foreach (RunRow row in runs.ReadAsync(
                parsed.GetValue(run)!, cancellationToken: cancellationToken))
            {
                output.Json(json => Write(json, row));
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
        async Task<Outcome> AppendAsync(
            StorageEngine engine,
            List<RunRow> rows,
            ParseResult parsed,
            CancellationToken cancellationToken)
        {
            if (rows.Count > 0)
            {
                RunLog runs = await engine.OpenRunsAsync(
                    parsed.GetValue(store)!, cancellationToken);
                await runs.AppendManyAsync(
                    parsed.GetValue(run)!, rows, cancellationToken: cancellationToken);
            }

            return new Outcome($"{rows.Count} rows appended", ("appended", rows.Count));
        }

        return verb.Imports(
            async (parsed, cancellationToken) =>
            {
                await using Stream input = StorePlace.Input(io, parsed.GetValue(file));
                List<RunRow> rows = [];
                await foreach (JsonLine line in JsonLines.ReadAsync(input, cancellationToken))
                {
                    rows.Add(Row(line));
                }

                return rows;
            },
            AppendAsync,
            AppendAsync);
    }

    private static void Write(Utf8JsonWriter json, RunRow row)
    {
        json.WriteNumber("sequence", row.Sequence);
        json.WriteNumber("kind", (int)row.Kind);
        json.WriteString("state", row.State);
        json.WriteString("taskId", row.TaskId);
        if (row.Data is { } data)
        {
            json.WriteBase64String("data", data.Span);
        }
    }

    private static RunRow Row(JsonLine line)
    {
        long kind = line.Number64("kind");
        return new RunRow(
            line.Number64("sequence"),
            line.Text("state"),
            line.Text("taskId"),
            line.Bytes("data") is { } data ? data : default(ReadOnlyMemory<byte>?),
            kind is >= 0 and <= int.MaxValue && Enum.IsDefined((RunRowKind)kind)
                ? (RunRowKind)kind
                : throw line.Wrong("has a \"kind\" that there is not"));
    }
}
