using System.CommandLine;
using System.Text.Json;
using LogEngine.Stores;

namespace LogEngine.Cli.Stores;

/// <summary>`doc`: documents of a store.</summary>
internal static class DocCommand
{
    private const string Kind = "documents";

    internal static Command Create(ToolIO io) => new("doc", "Documents of an engine's stores.")
    {
        List(io), Show(io), Export(io), Import(io),
    };

    private static Command List(ToolIO io)
    {
        StoreVerb verb = new(io, "list", "Lists the stores, or the keys of one, in order.");
        Argument<string?> store = verb.Optional("STORE", "The store's name.");
        Option<string?> prefix = verb.Option<string?>("--prefix", "Only keys that begin with it.");
        return verb.Does(false, async (engine, parsed, output, cancellationToken) =>
        {
            if (parsed.GetValue(store) is not { } name)
            {
                StorePlace.Names(engine, Kind).ToList().ForEach(output.Line);
                return;
            }

            await foreach (DocumentKey key in new DocumentStore(engine, name).ListAsync(
                parsed.GetValue(prefix) ?? "", cancellationToken: cancellationToken))
            {
                output.Line(key.Key);
            }
        });
    }

    private static Command Show(ToolIO io)
    {
        StoreVerb verb = new(io, "show", "Prints a document.");
        Argument<string> store = verb.Required("STORE", "The store's name.");
        Argument<string> key = verb.Required("KEY", "The document's key.");
        return verb.Does(false, async (engine, parsed, output, cancellationToken) =>
        {
            string wanted = parsed.GetValue(key)!;
            Document<JsonElement>? found = await new DocumentStore(engine, parsed.GetValue(store)!)
                .LoadAsync(wanted, cancellationToken: cancellationToken);
            output.Line((found ?? throw new NotFoundException(
                $"there is no document '{wanted}'")).Value.GetRawText());
        });
    }

    private static Command Export(ToolIO io)
    {
        StoreVerb verb = new(io, "export", "Writes all documents, a JSON object a line.");
        Argument<string> store = verb.Required("STORE", "The store's name.");
        return verb.Does(false, async (engine, parsed, output, cancellationToken) =>
        {
            using ReadView view = engine.OpenReadView();
            DocumentStore documents = new(engine, parsed.GetValue(store)!);
            await foreach (DocumentKey key in documents.ListAsync(
                view: view, cancellationToken: cancellationToken))
            {
                Document<JsonElement>? found = await documents.LoadAsync(
                    key.Key, view, cancellationToken);
                output.Json(json =>
                {
                    json.WriteString("key", key.Key);
                    json.WritePropertyName("value");
                    json.WriteRawValue(found!.Value.GetRawText());
                });
            }
        });
    }

    private static Command Import(ToolIO io)
    {
        StoreVerb verb = new(io, "import", "Saves documents, as export writes them.");
        Argument<string> store = verb.Required("STORE", "The store's name.");
        Argument<string?> file = verb.Optional("FILE", "The file; standard input if not given.");
        return verb.Does(true, async (engine, parsed, output, cancellationToken) =>
        {
            DocumentStore documents = new(engine, parsed.GetValue(store)!);
            string? path = parsed.GetValue(file);
            Stream input = StorePlace.Input(io, path);
            long saved = 0;
            await foreach (JsonElement line in JsonLines.ReadAsync(input, cancellationToken))
            {
                await documents.SaveAsync(
                    line.Required("key").GetString()!,
                    line.Required("value"),
                    Durability.ProcessCrash,
                    cancellationToken);
                saved++;
            }

            await StorePlace.CloseAsync(input, path);
            await engine.FlushAsync(cancellationToken);
            output.Line($"{saved} documents saved");
        });
    }
}
