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
        Option<string?> prefix = verb.Option("--prefix", "Only keys that begin with it.");
        return verb.Reads(async (engine, parsed, output, cancellationToken) =>
        {
            if (parsed.GetValue(store) is not { } name)
            {
                output.Names(await StorePlace.NamesAsync(engine, Kind, cancellationToken));
                return;
            }

            await StorePlace.RequireAsync(engine, Kind, name, cancellationToken);
            DocumentStore documents = await engine.OpenDocumentsAsync(name, cancellationToken);
            await foreach (DocumentKey key in documents.ListAsync(
                new DocumentRange { Prefix = parsed.GetValue(prefix) ?? "" },
                cancellationToken: cancellationToken))
            {
                output.Row(() => Text.Escape(key.Key), json => json.WriteString("key", key.Key));
            }
        });
    }

    private static Command Show(ToolIO io)
    {
        StoreVerb verb = new(io, "show", "Prints a document.");
        Argument<string> store = verb.Required("STORE", "The store's name.");
        Argument<string> key = verb.Required("KEY", "The document's key.");
        return verb.Reads(async (engine, parsed, output, cancellationToken) =>
        {
            await StorePlace.RequireAsync(engine, Kind, parsed.GetValue(store)!, cancellationToken);
            string wanted = parsed.GetValue(key)!;
            DocumentStore documents = await engine.OpenDocumentsAsync(
                parsed.GetValue(store)!, cancellationToken);
            Document<JsonElement>? found = await documents.LoadAsync(
                wanted, cancellationToken: cancellationToken);
            string value = (found ?? throw new StorageNotFoundException(
                $"there is no document '{wanted}'")).Value.GetRawText();
            output.Row(
                () => value,
                json =>
                {
                    json.WriteString("key", wanted);
                    json.WritePropertyName("value");
                    json.WriteRawValue(value);
                });
        });
    }

    private static Command Export(ToolIO io)
    {
        StoreVerb verb = new(io, "export", "Writes all documents, a JSON object a line.");
        Argument<string> store = verb.Required("STORE", "The store's name.");
        return verb.Reads(async (engine, parsed, output, cancellationToken) =>
        {
            await StorePlace.RequireAsync(engine, Kind, parsed.GetValue(store)!, cancellationToken);
            await using ReadView view = await engine.OpenReadViewAsync(cancellationToken);
            DocumentStore documents = await engine.OpenDocumentsAsync(
                parsed.GetValue(store)!, cancellationToken);
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
        return verb.Imports(
            (parsed, cancellationToken) => DocumentImport.BeginAsync(
                StorePlace.Input(io, parsed.GetValue(file)), cancellationToken),
            (engine, import, parsed, cancellationToken) => import.SaveLotAsync(
                engine, parsed.GetValue(store)!, cancellationToken),
            (engine, import, parsed, cancellationToken) => import.SaveAllAsync(
                engine, parsed.GetValue(store)!, cancellationToken));
    }
}
