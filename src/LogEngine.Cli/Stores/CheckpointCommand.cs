using System.CommandLine;
using LogEngine.Stores;

namespace LogEngine.Cli.Stores;

/// <summary>`checkpoint`: checkpoints of a store.</summary>
internal static class CheckpointCommand
{
    private const string Kind = "checkpoints";

    internal static Command Create(ToolIO io) => new(
        "checkpoint", "Checkpoints of an engine's stores.")
    {
        List(io), Show(io), Export(io), Import(io),
    };

    private static Command List(ToolIO io)
    {
        StoreVerb verb = new(
            io, "list", "Lists the stores, the names in one, or the numbers of a name.");
        Argument<string?> store = verb.Optional("STORE", "The store's name.");
        Argument<string?> name = verb.Optional("NAME", "Whose checkpoints.");
        return verb.Reads(async (engine, parsed, output, cancellationToken) =>
        {
            if (parsed.GetValue(store) is not { } place)
            {
                output.Names(await StorePlace.NamesAsync(engine, Kind, cancellationToken));
                return;
            }

            await StorePlace.RequireAsync(engine, Kind, place, cancellationToken);
            CheckpointStore checkpoints = await engine.OpenCheckpointsAsync(
                place, cancellationToken: cancellationToken);
            if (parsed.GetValue(name) is not { } whose)
            {
                await foreach (string found in checkpoints.ListNamesAsync(
                    cancellationToken: cancellationToken))
                {
                    long count = await checkpoints.CountAsync(found, null, cancellationToken);
                    output.Row(
                        () => $"{count}\t{Text.Escape(found)}",
                        json =>
                        {
                            json.WriteString("name", found);
                            json.WriteNumber("entries", count);
                        });
                }

                return;
            }

            await foreach (CheckpointEntry entry in checkpoints.ListAsync(
                whose, cancellationToken: cancellationToken))
            {
                output.Row(
                    () => $"{entry.Sequence}", json => json.WriteNumber("sequence", entry.Sequence));
            }
        });
    }

    private static Command Show(ToolIO io)
    {
        StoreVerb verb = new(
            io, "show", "Says which checkpoint of a name is the newest valid one, and its size.");
        Argument<string> store = verb.Required("STORE", "The store's name.");
        Argument<string> name = verb.Required("NAME", "Whose checkpoint.");
        return verb.Reads(async (engine, parsed, output, cancellationToken) =>
        {
            await StorePlace.RequireAsync(engine, Kind, parsed.GetValue(store)!, cancellationToken);
            CheckpointStore checkpoints = await engine.OpenCheckpointsAsync(
                parsed.GetValue(store)!, cancellationToken: cancellationToken);
            CheckpointLoad<ReadOnlyMemory<byte>> load = await checkpoints.LoadLatestAsync(
                parsed.GetValue(name)!, cancellationToken: cancellationToken);
            foreach (SkippedCheckpoint skipped in load.Skipped)
            {
                output.Row(
                    () => $"{skipped.Sequence}\tdamaged\t{Text.Escape(skipped.Reason)}",
                    json =>
                    {
                        json.WriteNumber("sequence", skipped.Sequence);
                        json.WriteBoolean("valid", false);
                        json.WriteString("reason", skipped.Reason);
                    });
            }

            Checkpoint<ReadOnlyMemory<byte>> latest = load.Latest
                ?? throw new StorageNotFoundException("there is no valid checkpoint");
            output.Row(
                () => $"{latest.Sequence}\tvalid\t{latest.Payload.Length} bytes",
                json =>
                {
                    json.WriteNumber("sequence", latest.Sequence);
                    json.WriteBoolean("valid", true);
                    json.WriteNumber("length", latest.Payload.Length);
                });
        });
    }

    private static Command Export(ToolIO io)
    {
        StoreVerb verb = new(io, "export", "Writes the content of a checkpoint as it is.");
        Argument<string> store = verb.Required("STORE", "The store's name.");
        Argument<string> name = verb.Required("NAME", "Whose checkpoint.");
        Option<long?> sequence = verb.Add(NumberOption.Whole(
            "--sequence", "Its number; the newest valid one if not given.", 1, long.MaxValue));
        return verb.Reads(async (engine, parsed, output, cancellationToken) =>
        {
            await StorePlace.RequireAsync(engine, Kind, parsed.GetValue(store)!, cancellationToken);
            CheckpointStore checkpoints = await engine.OpenCheckpointsAsync(
                parsed.GetValue(store)!, cancellationToken: cancellationToken);
            string whose = parsed.GetValue(name)!;
            Checkpoint<ReadOnlyMemory<byte>> found = parsed.GetValue(sequence) is { } number
                ? await checkpoints.LoadAsync(whose, number, cancellationToken: cancellationToken)
                : await checkpoints.RestoreAsync(whose, cancellationToken: cancellationToken);
            output.Raw(found.Payload.Span);
        });
    }

    private static Command Import(ToolIO io)
    {
        StoreVerb verb = new(
            io, "import", "Saves a file's content as the next checkpoint and prints its number.");
        Argument<string> store = verb.Required("STORE", "The store's name.");
        Argument<string> name = verb.Required("NAME", "Whose checkpoint.");
        Argument<string?> file = verb.Optional("FILE", "The file; standard input if not given.");
        Option<int?> keep = verb.Add(NumberOption.Whole(
            "--keep", "How many of the name are kept.", 1, int.MaxValue));
        async Task<Outcome> SaveAsync(
            StorageEngine engine,
            byte[] content,
            ParseResult parsed,
            CancellationToken cancellationToken)
        {
            CheckpointStore checkpoints = await engine.OpenCheckpointsAsync(
                parsed.GetValue(store)!, cancellationToken: cancellationToken);
            long sequence = await checkpoints.SaveAsync(
                parsed.GetValue(name)!,
                content,
                keep: parsed.GetValue(keep),
                cancellationToken: cancellationToken);
            return new Outcome($"{sequence}", ("sequence", sequence));
        }

        return verb.Imports(
            async (parsed, cancellationToken) =>
            {
                await using Stream input = StorePlace.Input(io, parsed.GetValue(file));
                using MemoryStream content = new();
                await input.CopyToAsync(content, cancellationToken);
                return content.ToArray();
            },
            SaveAsync,
            SaveAsync);
    }
}
