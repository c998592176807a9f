using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using LogEngine.Stores;
using Rebus.Bus;
using Rebus.DataBus;
using Rebus.Extensions;
using Rebus.Time;

namespace LogEngine.Rebus;

/// <summary>
/// Attachments in a store of blobs, each under its id; what Rebus knows of one in a keyspace beside it. That is written
/// first, so a blob with a name has it; without one it is nobody's, and overwritten by the next attempt.
/// </summary>
internal sealed class LogEngineDataBusStorage(StorageEngine engine, string name, IRebusTime time)
    : IDataBusStorage, IDataBusStorageManagement, IInitializable
{
    private readonly Keyspace _metadata = engine.GetStoreKeyspace($"logengine/rebus/attachments/{name}");
    private BlobStore? _blobs;

    public void Initialize() =>
        _blobs ??= engine.OpenBlobsAsync(name).AsTask().GetAwaiter().GetResult();

    public async Task Save(string id, Stream source, Dictionary<string, string>? metadata = null)
    {
        Dictionary<string, string> known = new(metadata ?? []) { [MetadataKeys.SaveTime] = Now() };
        await WriteAsync(id, known).ConfigureAwait(false);
        await Blobs().Names.PutAsync(id, source, new BlobDescription("application/octet-stream"))
            .ConfigureAwait(false);
    }

    public async Task<Stream> Read(string id)
    {
        Stream content = await Blobs().Names.OpenReadAsync(id).ConfigureAwait(false) ?? throw Missing(id);
        Dictionary<string, string> known = await KnownAsync(id).ConfigureAwait(false) ?? [];
        known[MetadataKeys.ReadTime] = Now();
        await WriteAsync(id, known, Durability.ProcessCrash).ConfigureAwait(false);
        return content;
    }

    public async Task<Dictionary<string, string>> ReadMetadata(string id)
    {
        NamedBlob blob = await Blobs().Names.FindAsync(id).ConfigureAwait(false) ?? throw Missing(id);
        Dictionary<string, string> known = await KnownAsync(id).ConfigureAwait(false) ?? [];
        BlobMetadata stored = await Blobs().GetMetadataAsync(blob.Id).ConfigureAwait(false);
        known[MetadataKeys.Length] = stored.Length.ToString(CultureInfo.InvariantCulture);
        return known;
    }

    public async Task Delete(string id)
    {
        if (await Blobs().Names.FindAsync(id).ConfigureAwait(false) is { } blob)
        {
            await Blobs().Names.RemoveAsync(id).ConfigureAwait(false);
            await Blobs().DeleteUnreferencedAsync(blob.Id).ConfigureAwait(false);
        }

        await _metadata.DeleteAsync(Encoding.UTF8.GetBytes(id)).ConfigureAwait(false);
    }

    /// <summary>As of the moment at which it begins.</summary>
    public IEnumerable<string> Query(TimeRange? readTime = null, TimeRange? saveTime = null) =>
        QueryAsync(readTime, saveTime).GetAwaiter().GetResult();

    private async Task<List<string>> QueryAsync(TimeRange? readTime, TimeRange? saveTime)
    {
        List<string> found = [];
        await foreach (NamedBlob blob in Blobs().Names.ListAsync().ConfigureAwait(false))
        {
            if (await KnownAsync(blob.Name).ConfigureAwait(false) is { } known
                && IsIn(readTime, known, MetadataKeys.ReadTime)
                && IsIn(saveTime, known, MetadataKeys.SaveTime))
            {
                found.Add(blob.Name);
            }
        }

        return found;
    }

    /// <summary>
    /// From its lower end up to, not including, its upper one. What has not happened is in every range, as in the
    /// storages that come with Rebus.
    /// </summary>
    private static bool IsIn(TimeRange? range, Dictionary<string, string> known, string key) =>
        range is null
        || !known.TryGetValue(key, out string? text)
        || (text.ToDateTimeOffset() is { } moment
            && moment >= (range.From ?? DateTimeOffset.MinValue)
            && moment < (range.To ?? DateTimeOffset.MaxValue));

    private async ValueTask<Dictionary<string, string>?> KnownAsync(string id)
    {
        using StoredValue? stored = await _metadata.GetAsync(Encoding.UTF8.GetBytes(id)).ConfigureAwait(false);
        return stored is null
            ? null
            : JsonSerializer.Deserialize(stored.Memory.Span, AttachmentJson.Default.DictionaryStringString);
    }

    private async Task WriteAsync(string id, Dictionary<string, string> known, Durability? durability = null) =>
        await _metadata.PutAsync(
            Encoding.UTF8.GetBytes(id),
            JsonSerializer.SerializeToUtf8Bytes(known, AttachmentJson.Default.DictionaryStringString),
            durability).ConfigureAwait(false);

    private string Now() => time.Now.ToString("O", CultureInfo.InvariantCulture);

    private BlobStore Blobs() => _blobs ?? throw new InvalidOperationException("The bus has not been started.");

    private static ArgumentException Missing(string id) =>
        new($"There is no attachment with the id '{id}'.", nameof(id));
}

[JsonSerializable(typeof(Dictionary<string, string>))]
internal sealed partial class AttachmentJson : JsonSerializerContext;
