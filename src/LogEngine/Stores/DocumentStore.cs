using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace LogEngine.Stores;

/// <summary>
/// JSON documents by key, in a keyspace of a <see cref="StorageEngine"/>:
/// <see cref="EngineStores.OpenDocumentsAsync"/> opens it. As text, and by reflection:
/// <see cref="DocumentText"/>, <see cref="DocumentReflection"/>.
/// </summary>
/// <remarks>
/// <para>
/// Thread-safe; any number of objects may share a store. Opening one costs nothing. A key is any
/// text of 1 to 1,024 bytes of UTF-8 and never touches a path; keys are ordered by these bytes.
/// </para>
/// <para>
/// Content is canonical: equal values are equal bytes. Every read is verified; a damaged document
/// is a <see cref="CorruptionException"/> that names the place, whatever durability it was saved
/// with. Each write says by its <see cref="Durability"/> what it survives. A document that has expired is
/// absent. Bytes: docs/stores.md.
/// </para>
/// </remarks>
public sealed class DocumentStore
{
    internal DocumentStore(StorageEngine engine, string name)
    {
        Keyspace = StoreNames.KeyspaceOf(engine, "documents", name);
        Name = name;
    }

    /// <summary>The store's name.</summary>
    public string Name { get; }

    internal Keyspace Keyspace { get; }

    /// <summary>
    /// Documents in it, or those whose keys begin so, which are counted one by one; those included that have
    /// expired and not been removed yet.
    /// </summary>
    /// <param name="prefix">What their keys begin with; empty for all.</param>
    /// <param name="view">Counts as of this view; null for now.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="StoreNameException">The prefix is too long, or no text.</exception>
    public ValueTask<long> CountAsync(
        string prefix = "", ReadView? view = null, CancellationToken cancellationToken = default)
    {
        KeyspaceReader reader = StoreReader.Of(Keyspace, view);
        byte[] bytes = StoreNames.EncodeAny(prefix, "A prefix of keys", nameof(prefix));
        return bytes.Length == 0
            ? reader.CountAsync(cancellationToken)
            : reader.CountRangeAsync(ScanRange.Prefix(bytes), cancellationToken);
    }

    /// <summary>Saves a value under a key, whatever was there.</summary>
    /// <param name="key">1 to 1,024 bytes of UTF-8.</param>
    /// <param name="value">The value.</param>
    /// <param name="type">How it is written, from a source-generated context.</param>
    /// <param name="durability">What the save survives when the call completes.</param>
    /// <param name="expiresAt">From when the document is absent; null for never.</param>
    /// <param name="cancellationToken">Cancels the wait, never a write that was admitted.</param>
    /// <returns>The document's version.</returns>
    /// <exception cref="StoreNameException">The key is empty, too long, or no text.</exception>
    /// <exception cref="ArgumentException">The value has no canonical form.</exception>
    /// <exception cref="RecordTooLargeException">It exceeds 64 MiB.</exception>
    /// <exception cref="StorageFullException">No space; nothing was written.</exception>
    /// <exception cref="StorageFaultedException">
    /// A write or a sync failed, now or before.
    /// </exception>
    public ValueTask<long> SaveAsync<T>(
        string key,
        T value,
        JsonTypeInfo<T> type,
        Durability? durability = null,
        DateTimeOffset? expiresAt = null,
        CancellationToken cancellationToken = default) => Keyspace.PutAsync(
            KeyOf(key), JsonCodec.Encode(value, type), durability, expiresAt, cancellationToken);

    /// <inheritdoc cref="SaveAsync{T}"/>
    public ValueTask<long> SaveAsync(
        string key,
        JsonElement value,
        Durability? durability = null,
        DateTimeOffset? expiresAt = null,
        CancellationToken cancellationToken = default) => Keyspace.PutAsync(
            KeyOf(key), JsonCodec.Encode(value), durability, expiresAt, cancellationToken);

    /// <summary>Saves a value only if the document still has a version.</summary>
    /// <param name="key">1 to 1,024 bytes of UTF-8.</param>
    /// <param name="value">The value.</param>
    /// <param name="type">How it is written.</param>
    /// <param name="expectedVersion">The version it must have; 0: there must be none.</param>
    /// <param name="durability">What the save, or the refusal, survives.</param>
    /// <param name="expiresAt">From when the document is absent; null for never.</param>
    /// <param name="cancellationToken">Cancels the wait, never a write that was admitted.</param>
    /// <returns>Whether it was saved, and the version made or in the way.</returns>
    /// <inheritdoc cref="SaveAsync{T}"/>
    public ValueTask<ConditionalResult> TrySaveAsync<T>(
        string key,
        T value,
        JsonTypeInfo<T> type,
        long expectedVersion,
        Durability? durability = null,
        DateTimeOffset? expiresAt = null,
        CancellationToken cancellationToken = default) => Keyspace.CompareAndSetAsync(
            KeyOf(key),
            JsonCodec.Encode(value, type),
            expectedVersion,
            durability,
            expiresAt,
            cancellationToken);

    /// <inheritdoc cref="TrySaveAsync{T}"/>
    public ValueTask<ConditionalResult> TrySaveAsync(
        string key,
        JsonElement value,
        long expectedVersion,
        Durability? durability = null,
        DateTimeOffset? expiresAt = null,
        CancellationToken cancellationToken = default) => Keyspace.CompareAndSetAsync(
            KeyOf(key),
            JsonCodec.Encode(value),
            expectedVersion,
            durability,
            expiresAt,
            cancellationToken);

    /// <summary>Reads a document; null where there is none.</summary>
    /// <param name="key">1 to 1,024 bytes of UTF-8.</param>
    /// <param name="type">How it is read.</param>
    /// <param name="view">Reads as of this view; null for now.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="StoreNameException">The key is empty, too long, or no text.</exception>
    /// <exception cref="CorruptionException">
    /// The document is damaged; it names the place.
    /// </exception>
    /// <exception cref="UndecodableValueException">It is sound, but no T.</exception>
    public async ValueTask<Document<T>?> LoadAsync<T>(
        string key,
        JsonTypeInfo<T> type,
        ReadView? view = null,
        CancellationToken cancellationToken = default)
    {
        using StoredValue? value = await StoreReader.Of(Keyspace, view)
            .GetAsync(KeyOf(key), cancellationToken).ConfigureAwait(false);
        return value is null ? null : DocumentOf(key, value, type);
    }

    /// <inheritdoc cref="LoadAsync{T}"/>
    public async ValueTask<Document<JsonElement>?> LoadAsync(
        string key, ReadView? view = null, CancellationToken cancellationToken = default)
    {
        using StoredValue? value = await StoreReader.Of(Keyspace, view)
            .GetAsync(KeyOf(key), cancellationToken).ConfigureAwait(false);
        return value is null
            ? null
            : new Document<JsonElement>(
                key,
                JsonCodec.Decode(value.Memory.Span, What(key)),
                value.Version,
                value.ExpiresAt);
    }

    /// <summary>
    /// Reads several documents in one call, all as of one moment, in the order of the keys; null where there
    /// is none.
    /// </summary>
    /// <param name="keys">The keys, each of 1 to 1,024 bytes of UTF-8.</param>
    /// <param name="type">How they are read.</param>
    /// <param name="view">Reads as of this view; null for now.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="CorruptionException">One of the documents is damaged.</exception>
    /// <exception cref="UndecodableValueException">One of them is sound, but no T.</exception>
    /// <inheritdoc cref="LoadAsync{T}"/>
    public async ValueTask<IReadOnlyList<Document<T>?>> LoadManyAsync<T>(
        IReadOnlyList<string> keys,
        JsonTypeInfo<T> type,
        ReadView? view = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(keys);
        ReadOnlyMemory<byte>[] encoded = [.. keys.Select(key => (ReadOnlyMemory<byte>)KeyOf(key))];
        StoredValue?[] values = await StoreReader.Of(Keyspace, view)
            .GetManyAsync(encoded, cancellationToken).ConfigureAwait(false);
        try
        {
            return
            [
                .. values.Select((value, i) =>
                    value is null ? null : DocumentOf(keys[i], value, type)),
            ];
        }
        finally
        {
            foreach (StoredValue? value in values)
            {
                value?.Dispose();
            }
        }
    }

    /// <summary>
    /// What is known of a document without reading it; null where there is none. Only reading tells whether
    /// it is damaged.
    /// </summary>
    /// <param name="key">1 to 1,024 bytes of UTF-8.</param>
    /// <param name="view">As of this view; null for now.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="StoreNameException">The key is empty, too long, or no text.</exception>
    public ValueTask<ValueInfo?> GetInfoAsync(
        string key, ReadView? view = null, CancellationToken cancellationToken = default) =>
        StoreReader.Of(Keyspace, view).GetInfoAsync(KeyOf(key), cancellationToken);

    /// <summary>Whether a document is there, without reading it.</summary>
    /// <inheritdoc cref="GetInfoAsync"/>
    public ValueTask<bool> ContainsAsync(
        string key, ReadView? view = null, CancellationToken cancellationToken = default) =>
        StoreReader.Of(Keyspace, view).ContainsAsync(KeyOf(key), cancellationToken);

    /// <summary>Gives a document another expiry; value and version stay.</summary>
    /// <param name="key">1 to 1,024 bytes of UTF-8.</param>
    /// <param name="expiresAt">From when it is absent; null for never.</param>
    /// <param name="durability">What the new expiry survives when the call completes.</param>
    /// <param name="cancellationToken">Cancels the wait, never a write that was admitted.</param>
    /// <returns>False where there is none, or it has expired: that is never revived.</returns>
    /// <inheritdoc cref="SaveAsync{T}" path="/exception"/>
    public ValueTask<bool> TouchAsync(
        string key,
        DateTimeOffset? expiresAt,
        Durability? durability = null,
        CancellationToken cancellationToken = default) =>
        Keyspace.TouchAsync(KeyOf(key), expiresAt, durability, cancellationToken);

    /// <summary>Removes a document.</summary>
    /// <param name="key">1 to 1,024 bytes of UTF-8.</param>
    /// <param name="durability">What the removal, or its being absent, survives.</param>
    /// <param name="cancellationToken">Cancels the wait, never a write that was admitted.</param>
    /// <returns>Whether it was there: of two removals at once, one is told so.</returns>
    /// <inheritdoc cref="SaveAsync{T}" path="/exception"/>
    public async ValueTask<bool> DeleteAsync(
        string key,
        Durability? durability = null,
        CancellationToken cancellationToken = default)
    {
        // That it is gone is as durable as a removal would be.
        ConditionalResult result = await Keyspace.TryDeleteAsync(
            KeyOf(key), null, durability, cancellationToken).ConfigureAwait(false);
        return result.Applied;
    }

    /// <summary>Removes a document only if it still has a version.</summary>
    /// <param name="key">1 to 1,024 bytes of UTF-8.</param>
    /// <param name="expectedVersion">The version it must have, from 1.</param>
    /// <param name="durability">What the removal, or the refusal, survives.</param>
    /// <param name="cancellationToken">Cancels the wait, never a write that was admitted.</param>
    /// <returns>Whether it was removed, and the version that it had; 0 where there was none.</returns>
    /// <inheritdoc cref="SaveAsync{T}" path="/exception"/>
    public ValueTask<ConditionalResult> TryDeleteAsync(
        string key,
        long expectedVersion,
        Durability? durability = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(expectedVersion, 1);
        return Keyspace.TryDeleteAsync(
            KeyOf(key), expectedVersion, durability, cancellationToken);
    }

    /// <summary>The keys in order, as of one moment. Reads no document.</summary>
    /// <param name="range">Which, and in which direction; all of them where null.</param>
    /// <param name="view">Lists as of this view; null for now.</param>
    /// <param name="cancellationToken">Ends the listing.</param>
    /// <exception cref="ArgumentException">A value of the range is out of its own range.</exception>
    public async IAsyncEnumerable<DocumentKey> ListAsync(
        DocumentRange? range = null,
        ReadView? view = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach ((string key, KeyValueEntry entry) in
            ScanAsync(range, view, keysOnly: true, cancellationToken).ConfigureAwait(false))
        {
            yield return new DocumentKey(key, entry.Info.Version, entry.Info.ExpiresAt);
        }
    }

    /// <summary>The documents in order of their keys, as of one moment, streamed.</summary>
    /// <param name="type">How they are read.</param>
    /// <param name="range">Which, and in which direction; all of them where null.</param>
    /// <param name="view">Reads as of this view; null for now.</param>
    /// <param name="cancellationToken">Ends the enumeration.</param>
    /// <exception cref="ArgumentException">A value of the range is out of its own range.</exception>
    /// <exception cref="CorruptionException">A document is damaged.</exception>
    /// <exception cref="UndecodableValueException">A document is no T.</exception>
    public async IAsyncEnumerable<Document<T>> ReadAllAsync<T>(
        JsonTypeInfo<T> type,
        DocumentRange? range = null,
        ReadView? view = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach ((string key, KeyValueEntry entry) in
            ScanAsync(range, view, keysOnly: false, cancellationToken).ConfigureAwait(false))
        {
            T value = JsonCodec.Decode(entry.Value.Span, type, What(key));
            yield return new Document<T>(key, value, entry.Info.Version, entry.Info.ExpiresAt);
        }
    }

    /// <summary>Adds a save to a batch; copies at once.</summary>
    /// <param name="batch">A batch of the same engine.</param>
    /// <param name="key">1 to 1,024 bytes of UTF-8.</param>
    /// <param name="value">The value.</param>
    /// <param name="type">How it is written.</param>
    /// <param name="expiresAt">From when the document is absent; null for never.</param>
    /// <exception cref="StoreNameException">The key is empty, too long, or no text.</exception>
    /// <exception cref="ArgumentException">The value has no canonical form.</exception>
    /// <exception cref="RecordTooLargeException">The batch would exceed 64 MiB.</exception>
    public void Save<T>(
        WriteBatch batch,
        string key,
        T value,
        JsonTypeInfo<T> type,
        DateTimeOffset? expiresAt = null) =>
        Save(batch, key, JsonCodec.Encode(value, type), expiresAt);

    /// <inheritdoc cref="Save{T}"/>
    public void Save(
        WriteBatch batch, string key, JsonElement value, DateTimeOffset? expiresAt = null) =>
        Save(batch, key, JsonCodec.Encode(value), expiresAt);

    /// <summary>
    /// Lets a batch give a document another expiry; nothing where there is none when the batch is committed.
    /// </summary>
    /// <param name="batch">A batch of the same engine.</param>
    /// <param name="key">1 to 1,024 bytes of UTF-8.</param>
    /// <param name="expiresAt">From when it is absent; null for never.</param>
    public void Touch(WriteBatch batch, string key, DateTimeOffset? expiresAt)
    {
        ArgumentNullException.ThrowIfNull(batch);
        batch.Touch(Keyspace, KeyOf(key), expiresAt);
    }

    /// <summary>Adds a removal to a batch; a missing document is no error.</summary>
    /// <param name="batch">A batch of the same engine.</param>
    /// <param name="key">1 to 1,024 bytes of UTF-8.</param>
    public void Delete(WriteBatch batch, string key)
    {
        ArgumentNullException.ThrowIfNull(batch);
        batch.Delete(Keyspace, KeyOf(key));
    }

    /// <summary>
    /// The batch is written only if the document has a version; 0: only if absent.
    /// </summary>
    /// <param name="batch">A batch of the same engine.</param>
    /// <param name="key">1 to 1,024 bytes of UTF-8.</param>
    /// <param name="version">The version.</param>
    public void RequireVersion(WriteBatch batch, string key, long version)
    {
        ArgumentNullException.ThrowIfNull(batch);
        batch.RequireVersion(Keyspace, KeyOf(key), version);
    }

    internal static byte[] KeyOf(string key) =>
        StoreNames.Encode(key, "A document's key", nameof(key));

    /// <summary>Adds a save of canonical JSON to a batch.</summary>
    internal void Save(
        WriteBatch batch, string key, ReadOnlyMemory<byte> canonical, DateTimeOffset? expiresAt)
    {
        ArgumentNullException.ThrowIfNull(batch);
        batch.Put(Keyspace, KeyOf(key), canonical.Span, expiresAt);
    }

    /// <summary>Goes through a range; the entries own their bytes.</summary>
    internal async IAsyncEnumerable<(string Key, KeyValueEntry Entry)> ScanAsync(
        DocumentRange? range,
        ReadView? view,
        bool keysOnly,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        range ??= new DocumentRange();
        if (range.ToScan(keysOnly) is not { } scanned)
        {
            yield break;
        }

        int left = range.Limit ?? int.MaxValue;
        using KeyScan scan = StoreReader.Of(Keyspace, view).Scan(scanned);
        await foreach (KeyValueEntry entry in scan.ReadAllAsync(cancellationToken)
            .ConfigureAwait(false))
        {
            yield return (StoreNames.DecodeKey(entry.Key.Span), entry);
            if (range.Limit is not null && --left == 0)
            {
                yield break;
            }
        }
    }

    private Document<T> DocumentOf<T>(string key, StoredValue value, JsonTypeInfo<T> type) => new(
        key, JsonCodec.Decode(value.Memory.Span, type, What(key)), value.Version, value.ExpiresAt);

    private string What(string key) => $"Document '{key}' of store '{Name}'";
}
