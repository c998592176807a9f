using System.CommandLine;
using LogEngine.Stores;

namespace LogEngine.Cli.Stores;

/// <summary>`blob`: blobs of a store.</summary>
internal static class BlobCommand
{
    private const string Kind = "blobs";

    internal static Command Create(ToolIO io) => new("blob", "Blobs of an engine's stores.")
    {
        List(io), Show(io), Export(io), Import(io),
    };

    private static Command List(ToolIO io)
    {
        StoreVerb verb = new(io, "list", "Lists the stores, or the blobs of one.");
        Argument<string?> store = verb.Optional("STORE", "The store's name.");
        return verb.Reads(async (engine, parsed, output, cancellationToken) =>
        {
            if (parsed.GetValue(store) is not { } name)
            {
                output.Names(await StorePlace.NamesAsync(engine, Kind, cancellationToken));
                return;
            }

            await StorePlace.RequireAsync(engine, Kind, name, cancellationToken);
            BlobStore blobs = await engine.OpenBlobsAsync(
                name, cancellationToken: cancellationToken);
            await foreach (StoredBlob blob in blobs.ListAsync(
                cancellationToken: cancellationToken))
            {
                BlobDescription about = blob.Metadata.Description;
                output.Row(
                    () => $"{blob.Id}\t{blob.Metadata.Length}\t{Text.Escape(about.MediaType)}\t"
                        + Text.Escape(about.Label),
                    json =>
                    {
                        json.WriteString("id", blob.Id.ToString());
                        json.WriteNumber("length", blob.Metadata.Length);
                        json.WriteString("mediaType", about.MediaType);
                        json.WriteString("label", about.Label);
                    });
            }
        });
    }

    private static Command Show(ToolIO io)
    {
        StoreVerb verb = new(
            io,
            "show",
            "Prints what is known of a blob, and who refers to it; verifies its bytes.");
        Argument<string> store = verb.Required("STORE", "The store's name.");
        Argument<string> id = verb.Required("ID", "The blob: 64 hex digits.");
        return verb.Reads(async (engine, parsed, output, cancellationToken) =>
        {
            await StorePlace.RequireAsync(engine, Kind, parsed.GetValue(store)!, cancellationToken);
            BlobId wanted = Parse(parsed.GetValue(id)!);
            BlobStore blobs = await engine.OpenBlobsAsync(
                parsed.GetValue(store)!, cancellationToken: cancellationToken);
            BlobMetadata metadata = await blobs.GetMetadataAsync(
                wanted, cancellationToken: cancellationToken);
            List<string> owners = [];
            await foreach (string owner in blobs.ListReferencesAsync(
                wanted, cancellationToken: cancellationToken))
            {
                owners.Add(owner);
            }

            output.Json(json =>
            {
                json.WriteString("id", wanted.ToString());
                json.WriteString("mediaType", metadata.Description.MediaType);
                json.WriteNumber("length", metadata.Length);
                if (metadata.Description.Width is { } width)
                {
                    json.WriteNumber("width", width);
                }

                if (metadata.Description.Height is { } height)
                {
                    json.WriteNumber("height", height);
                }

                if (metadata.Description.Label is { } label)
                {
                    json.WriteString("label", label);
                }

                json.WriteString("storedAt", metadata.StoredAt);
                json.WriteStartArray("references");
                owners.ForEach(json.WriteStringValue);
                json.WriteEndArray();
            });
            await blobs.VerifyAsync(wanted, cancellationToken);
        });
    }

    private static Command Export(ToolIO io)
    {
        StoreVerb verb = new(io, "export", "Writes the bytes of a blob.");
        Argument<string> store = verb.Required("STORE", "The store's name.");
        Argument<string> id = verb.Required("ID", "The blob: 64 hex digits.");
        Argument<string?> file = verb.Optional(
            "FILE", "A file to make; standard output if not given.");
        return verb.Reads(async (engine, parsed, output, cancellationToken) =>
        {
            await StorePlace.RequireAsync(engine, Kind, parsed.GetValue(store)!, cancellationToken);
            BlobStore blobs = await engine.OpenBlobsAsync(
                parsed.GetValue(store)!, cancellationToken: cancellationToken);
            await using Stream content = await blobs.OpenReadAsync(
                Parse(parsed.GetValue(id)!), cancellationToken: cancellationToken);
            await StorePlace.WriteAsync(
                io, parsed.GetValue(file), target => content.CopyToAsync(target, cancellationToken));
        });
    }

    private static Command Import(ToolIO io)
    {
        StoreVerb verb = new(io, "import", "Stores a file and prints its id.");
        Argument<string> store = verb.Required("STORE", "The store's name.");
        Argument<string?> file = verb.Optional("FILE", "The file; standard input if not given.");
        Option<string?> mediaType = verb.Option(
            "--media-type", "Its media type; application/octet-stream if not given.");
        Option<string?> label = verb.Option("--label", "A name for people.");
        Option<string?> owner = verb.Option("--owner", "Whose reference is added.");
        async Task<Outcome> PutAsync(
            StorageEngine engine,
            Stream content,
            ParseResult parsed,
            CancellationToken cancellationToken)
        {
            BlobStore blobs = await engine.OpenBlobsAsync(
                parsed.GetValue(store)!, cancellationToken: cancellationToken);
            StoredBlob put = await blobs.PutAsync(
                content,
                new BlobDescription(
                    parsed.GetValue(mediaType) ?? "application/octet-stream",
                    Label: parsed.GetValue(label)),
                parsed.GetValue(owner),
                cancellationToken: cancellationToken);
            return new Outcome(put.Id.ToString(), ("id", put.Id.ToString()));
        }

        return verb.Imports(
            (parsed, _) => Task.FromResult(StorePlace.Input(io, parsed.GetValue(file))),
            (engine, _, parsed, cancellationToken) =>
                PutAsync(engine, Stream.Null, parsed, cancellationToken),
            PutAsync);
    }

    private static BlobId Parse(string text) => BlobId.TryParse(text, out BlobId id)
        ? id
        : throw new ArgumentException($"'{text}' is no blob id: 64 hex digits are");
}
