using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace LogEngine.Stores;

/// <summary>JSON documents by key, in a keyspace of a <see cref="StorageEngine"/>.</summary>
/// <remarks>
/// <para>
/// Thread-safe; any number of objects may share a store. Opening one costs nothing. A key is any
/// text of 1 to 1,024 bytes of UTF-8 and never touches a path; keys are ordered by these bytes.
/// </para>
/// <para>
/// Content is canonical: equal values are equal bytes. Every read is verified; a damaged document
/// is a <see cref="CorruptionException"/> that names the place, whatever durability it was saved
/// with. Each write says by its <see cref="Durability"/> what it survives. Bytes: docs/stores.md.
/// </para>
/// </remarks>
public sealed class DocumentStore
{
    private readonly Keyspace _keyspace;

    /// <summary>A store by its name; it comes into being with its first document.</summary>
    /// <param name="engine">The engine; the store is usable as long as it is open.</param>
    /// <param name="name">1 to 1,008 bytes of UTF-8.</param>
    /// <exception cref="StoreNameException">The name is empty, too long, or no text.</exception>
    public DocumentStore(StorageEngine engine, string name)
    {
        _keyspace = StoreNames.KeyspaceOf(engine, "documents", name);
        Name = name;
    }

    /// <summary>The store's name.</summary>
    public string Name { get; }

    /// <summary>Documents in it.</summary>
    /// <param name="cancellationToken">Cancels the wait.</param>
    public ValueTask<long> CountAsync(CancellationToken cancellationToken = default) =>
        _keyspace.CountAsync(cancellationToken);

    /// <summary>Saves a value under a key, whatever was there.</summary>
    /// <param name="key">1 to 1,024 bytes of UTF-8.</param>
    /// <param name="value">The value.</param>
    /// <param name="type">How it is written, from a source-generated context.</param>
    /// <param name="durability">What the save survives when the call completes.</param>
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
        CancellationToken cancellationToken = default) => _keyspace.PutAsync(
            KeyOf(key),
            JsonCodec.Encode(value, type).ToArray(),
            durability,
            cancellationToken: cancellationToken);

    /// <inheritdoc cref="SaveAsync{T}"/>
    public ValueTask<long> SaveAsync(
        string key,
        JsonElement value,
        Durability? durability = null,
        CancellationToken cancellationToken = default) => _keyspace.PutAsync(
            KeyOf(key),
            JsonCodec.Encode(value).ToArray(),
            durability,
            cancellationToken: cancellationToken);

    /// <summary>Saves a value only if the document still has a version.</summary>
    /// <param name="key">1 to 1,024 bytes of UTF-8.</param>
    /// <param name="value">The value.</param>
    /// <param name="type">How it is written.</param>
    /// <param name="expectedVersion">The version it must have; 0: there must be none.</param>
    /// <param name="durability">What the save, or the refusal, survives.</param>
    /// <param name="cancellationToken">Cancels the wait, never a write that was admitted.</param>
    /// <returns>Whether it was saved, and the version made or in the way.</returns>
    /// <inheritdoc cref="SaveAsync{T}"/>
    public ValueTask<ConditionalResult> TrySaveAsync<T>(
        string key,
        T value,
        JsonTypeInfo<T> type,
        long expectedVersion,
        Durability? durability = null,
        CancellationToken cancellationToken = default) => _keyspace.CompareAndSetAsync(
            KeyOf(key),
            JsonCodec.Encode(value, type).ToArray(),
            expectedVersion,
            durability,
            cancellationToken: cancellationToken);

    /// <inheritdoc cref="TrySaveAsync{T}"/>
    public ValueTask<ConditionalResult> TrySaveAsync(
        string key,
        JsonElement value,
        long expectedVersion,
        Durability? durability = null,
        CancellationToken cancellationToken = default) => _keyspace.CompareAndSetAsync(
            KeyOf(key),
            JsonCodec.Encode(value).ToArray(),
            expectedVersion,
            durability,
            cancellationToken: cancellationToken);

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
        using StoredValue? value = await StoreReader.Of(_keyspace, view)
            .GetAsync(KeyOf(key), cancellationToken).ConfigureAwait(false);
        return value is null
            ? null
            : new Document<T>(
                key, JsonCodec.Decode(value.Memory.Span, type, What(key)), value.Version);
    }

    /// <inheritdoc cref="LoadAsync{T}"/>
    public async ValueTask<Document<JsonElement>?> LoadAsync(
        string key, ReadView? view = null, CancellationToken cancellationToken = default)
    {
        using StoredValue? value = await StoreReader.Of(_keyspace, view)
            .GetAsync(KeyOf(key), cancellationToken).ConfigureAwait(false);
        return value is null
            ? null
            : new Document<JsonElement>(
                key, JsonCodec.Decode(value.Memory.Span, What(key)), value.Version);
    }

    /// <summary>Removes a document.</summary>
    /// <param name="key">1 to 1,024 bytes of UTF-8.</param>
    /// <param name="durability">What the removal, or its being absent, survives.</param>
    /// <param name="cancellationToken">Cancels the wait, never a write that was admitted.</param>
    /// <returns>Whether it was there: of two removals at once, one is told so.</returns>
    /// <inheritdoc cref="SaveAsync{T}"/>
    public async ValueTask<bool> DeleteAsync(
        string key,
        Durability? durability = null,
        CancellationToken cancellationToken = default)
    {
        // That it is gone is as durable as a removal would be.
        ConditionalResult result = await _keyspace.TryDeleteAsync(
            KeyOf(key), null, durability, cancellationToken).ConfigureAwait(false);
        return result.Applied;
    }

    /// <summary>The keys in order, as of one moment. Reads no document.</summary>
    /// <param name="prefix">Only keys that begin with it; empty for all.</param>
    /// <param name="view">Lists as of this view; null for now.</param>
    /// <param name="cancellationToken">Ends the listing.</param>
    /// <exception cref="StoreNameException">The prefix is too long, or no text.</exception>
    public async IAsyncEnumerable<DocumentKey> ListAsync(
        string prefix = "",
        ReadView? view = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using KeyScan scan = Scan(prefix, view, keysOnly: true);
        await foreach (KeyValueEntry entry in scan.ReadAllAsync(cancellationToken)
            .ConfigureAwait(false))
        {
            yield return new DocumentKey(
                StoreNames.DecodeKey(entry.Key.Span), entry.Info.Version);
        }
    }

    /// <summary>The documents in order of their keys, as of one moment, streamed.</summary>
    /// <param name="type">How they are read.</param>
    /// <param name="prefix">Only keys that begin with it; empty for all.</param>
    /// <param name="view">Reads as of this view; null for now.</param>
    /// <param name="cancellationToken">Ends the enumeration.</param>
    /// <exception cref="StoreNameException">The prefix is too long, or no text.</exception>
    /// <exception cref="CorruptionException">A document is damaged.</exception>
    /// <exception cref="UndecodableValueException">A document is no T.</exception>
    public async IAsyncEnumerable<Document<T>> ReadAllAsync<T>(
        JsonTypeInfo<T> type,
        string prefix = "",
        ReadView? view = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using KeyScan scan = Scan(prefix, view, keysOnly: false);
        await foreach (KeyValueEntry entry in scan.ReadAllAsync(cancellationToken)
            .ConfigureAwait(false))
        {
            string key = StoreNames.DecodeKey(entry.Key.Span);
            T value = JsonCodec.Decode(entry.Value.Span, type, What(key));
            yield return new Document<T>(key, value, entry.Info.Version);
        }
    }

    /// <summary>Adds a save to a batch; copies at once.</summary>
    /// <param name="batch">A batch of the same engine.</param>
    /// <param name="key">1 to 1,024 bytes of UTF-8.</param>
    /// <param name="value">The value.</param>
    /// <param name="type">How it is written.</param>
    /// <exception cref="StoreNameException">The key is empty, too long, or no text.</exception>
    /// <exception cref="ArgumentException">The value has no canonical form.</exception>
    public void Put<T>(WriteBatch batch, string key, T value, JsonTypeInfo<T> type)
    {
        ArgumentNullException.ThrowIfNull(batch);
        batch.Put(_keyspace, KeyOf(key), JsonCodec.Encode(value, type));
    }

    /// <inheritdoc cref="Put{T}"/>
    public void Put(WriteBatch batch, string key, JsonElement value)
    {
        ArgumentNullException.ThrowIfNull(batch);
        batch.Put(_keyspace, KeyOf(key), JsonCodec.Encode(value));
    }

    /// <summary>Adds a removal to a batch; a missing document is no error.</summary>
    /// <param name="batch">A batch of the same engine.</param>
    /// <param name="key">1 to 1,024 bytes of UTF-8.</param>
    public void Delete(WriteBatch batch, string key)
    {
        ArgumentNullException.ThrowIfNull(batch);
        batch.Delete(_keyspace, KeyOf(key));
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
        batch.RequireVersion(_keyspace, KeyOf(key), version);
    }

    private static byte[] KeyOf(string key) =>
        StoreNames.Encode(key, "A document's key", nameof(key));

    private KeyScan Scan(string prefix, ReadView? view, bool keysOnly)
    {
        byte[] bytes = StoreNames.EncodeAny(prefix, "A prefix of keys", nameof(prefix));
        return StoreReader.Of(_keyspace, view)
            .Scan(ScanRange.Prefix(bytes) with { KeysOnly = keysOnly });
    }

    private string What(string key) => $"Document '{key}' of store '{Name}'";
}
