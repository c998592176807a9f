using System.CommandLine;
using System.Text.Json;
using LogEngine.Cli.Stores;
using LogEngine.Stores.Queues;

namespace LogEngine.Cli.StoreDumps;

/// <summary>`load`: makes an engine of a dump.</summary>
internal static class LoadCommand
{
    internal static Command Create(ToolIO io)
    {
        Argument<string> directory = Arguments.EnginePlace();
        Argument<string?> file = new("FILE")
        {
            Description = "The dump; standard input if not given.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        Option<bool> merge = new("--merge")
        {
            Description = "Into an engine that is not empty: keys are put over those that are there, the "
                + "others stay. A queue that is there already is refused.",
        };
        Command command = new(
            "load", "Puts everything of a dump into an empty storage engine, which is made if need be.")
        {
            directory, file, merge,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            string place = parsed.GetValue(directory)!;
            await using Stream input = StorePlace.Input(io, parsed.GetValue(file));
            LineReader lines = new(input, StoreLoad.MostBytesOfLine);

            // The first line before anything is made: what is no dump makes no engine.
            JsonLine? first = await NextAsync(lines, 1, cancellationToken);
            await Rehearsal.RunAsync(engine => first is { } line
                ? new StoreLoad(engine).TakeAsync(line, cancellationToken)
                : throw new ArgumentException("the input is empty"));
            return await EnginePlace.ChangeAsync(
                io,
                parsed.WantsJson(),
                EnginePlace.OpenOrCreateAsync(place, cancellationToken),
                async engine =>
                {
                    if (!parsed.GetValue(merge))
                    {
                        await RequireEmptyAsync(engine, place, cancellationToken);
                    }

                    return await LoadAsync(engine, lines, first, cancellationToken);
                });
        });
        return command;
    }

    private static async Task<Outcome> LoadAsync(
        StorageEngine engine,
        LineReader lines,
        JsonLine? line,
        CancellationToken cancellationToken)
    {
        StoreLoad load = new(engine);
        try
        {
            for (long number = 2; line is { } one; number++)
            {
                await load.TakeAsync(one, cancellationToken);
                line = await NextAsync(lines, number, cancellationToken);
            }

            await load.EndAsync(cancellationToken);
        }
        catch (ArgumentException error) when (load.Keys + load.Records > 0)
        {
            throw new ArgumentException(
                $"{Failure.Of(error).Line}; {load.Keys} keys and {load.Records} records of queues before "
                + "it were loaded, or most of them: begin anew with an empty engine");
        }

        return new Outcome(
            $"{load.Keys} keys and {load.Records} records of queues loaded"
            + (load.Expired == 0 ? "" : $", {load.Expired} keys have expired"),
            ("keys", load.Keys),
            ("records", load.Records),
            ("expired", load.Expired));
    }

    private static async Task RequireEmptyAsync(
        StorageEngine engine, string place, CancellationToken cancellationToken)
    {
        if ((await engine.ListKeyspacesAsync(cancellationToken)).Count > 0
            || (await engine.ListQueuesAsync(cancellationToken)).Count > 0)
        {
            throw new ArgumentException(EnginePlace.IsDatabase(place)
                ? "the engine is not empty (--merge)"
                : $"'{place}' is not empty (--merge)");
        }
    }

    private static async Task<JsonLine?> NextAsync(
        LineReader lines, long number, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (lines.TryTake(out ReadOnlyMemory<byte> line))
            {
                return Parse(line, number);
            }

            if (!await lines.ReadAsync(cancellationToken))
            {
                return lines.TryTake(out line) ? Parse(line, number) : null;
            }
        }
    }

    private static JsonLine Parse(ReadOnlyMemory<byte> line, long number)
    {
        try
        {
            JsonElement element = JsonElement.Parse(line.Span);
            return element.ValueKind == JsonValueKind.Object
                ? new JsonLine(number, element)
                : throw new ArgumentException($"line {number} of the input is no JSON object");
        }
        catch (JsonException error)
        {
            throw new ArgumentException($"line {number} of the input is no JSON: {error.Message}");
        }
    }
}
