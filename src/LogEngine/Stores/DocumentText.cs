using System.Runtime.CompilerServices;

namespace LogEngine.Stores;

/// <summary>
/// Documents as JSON text in UTF-8, for those who have it so: no serializer, and one copy at most.
/// </summary>
/// <remarks>
/// What is saved is checked to be one JSON value, and written in its canonical form, which is the copy. Limits,
/// durability and errors are those of <see cref="DocumentStore"/>.
/// </remarks>
public static class DocumentText
{
    /// <summary>Saves a document under a key, whatever was there.</summary>
    /// <param name="store">The store.</param>
    /// <param name="key">1 to 1,024 bytes of UTF-8.</param>
    /// <param name="json">One JSON value; it must not change until the call returns.</param>
    /// <param name="durability">What the save survives when the call completes.</param>
    /// <param name="expiresAt">From when the document is absent; null for never.</param>
    /// <param name="cancellationToken">Cancels the wait, never a write that was admitted.</param>
    /// <returns>The document's version.</returns>
    /// <exception cref="ArgumentException">The text is no JSON, or has no canonical form.</exception>
    /// <inheritdoc cref="DocumentStore.SaveAsync{T}" path="/exception"/>
    public static ValueTask<long> SaveTextAsync(
        this DocumentStore store,
        string key,
        ReadOnlyMemory<byte> json,
        Durability? durability = null,
        DateTimeOffset? expiresAt = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        return store.Keyspace.PutAsync(
            DocumentStore.KeyOf(key),
            JsonCodec.EncodeText(json),
            durability,
            expiresAt,
            cancellationToken);
    }

    /// <summary>Saves a document only if it still has a version.</summary>
    /// <param name="store">The store.</param>
    /// <param name="key">1 to 1,024 bytes of UTF-8.</param>
    /// <param name="json">One JSON value; it must not change until the call returns.</param>
    /// <param name="expectedVersion">The version it must have; 0: there must be none.</param>
    /// <param name="durability">What the save, or the refusal, survives.</param>
    /// <param name="expiresAt">From when the document is absent; null for never.</param>
    /// <param name="cancellationToken">Cancels the wait, never a write that was admitted.</param>
    /// <returns>Whether it was saved, and the version made or in the way.</returns>
    /// <inheritdoc cref="SaveTextAsync" path="/exception"/>
    public static ValueTask<ConditionalResult> TrySaveTextAsync(
        this DocumentStore store,
        string key,
        ReadOnlyMemory<byte> json,
        long expectedVersion,
        Durability? durability = null,
        DateTimeOffset? expiresAt = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        return store.Keyspace.CompareAndSetAsync(
            DocumentStore.KeyOf(key),
            JsonCodec.EncodeText(json),
            expectedVersion,
            durability,
            expiresAt,
            cancellationToken);
    }

    /// <summary>Adds a save to a batch; copies at once.</summary>
    /// <param name="store">The store.</param>
    /// <param name="batch">A batch of the same engine.</param>
    /// <param name="key">1 to 1,024 bytes of UTF-8.</param>
    /// <param name="json">One JSON value.</param>
    /// <param name="expiresAt">From when the document is absent; null for never.</param>
    /// <exception cref="ArgumentException">The text is no JSON, or has no canonical form.</exception>
    public static void SaveText(
        this DocumentStore store,
        WriteBatch batch,
        string key,
        ReadOnlyMemory<byte> json,
        DateTimeOffset? expiresAt = null)
    {
        ArgumentNullException.ThrowIfNull(store);
        store.Save(batch, key, JsonCodec.EncodeText(json), expiresAt);
    }

    /// <summary>
    /// Reads a document as it is stored, in canonical form and not parsed; null where there is none.
    /// </summary>
    /// <param name="store">The store.</param>
    /// <param name="key">1 to 1,024 bytes of UTF-8.</param>
    /// <param name="view">Reads as of this view; null for now.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The text with its version, owned by the caller: dispose it.</returns>
    /// <inheritdoc cref="DocumentStore.LoadAsync{T}" path="/exception"/>
    public static ValueTask<StoredValue?> LoadTextAsync(
        this DocumentStore store,
        string key,
        ReadView? view = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        return StoreReader.Of(store.Keyspace, view)
            .GetAsync(DocumentStore.KeyOf(key), cancellationToken);
    }

    /// <summary>The documents in order of their keys, as of one moment, streamed and not parsed.</summary>
    /// <param name="store">The store.</param>
    /// <param name="range">Which, and in which direction; all of them where null.</param>
    /// <param name="view">Reads as of this view; null for now.</param>
    /// <param name="cancellationToken">Ends the enumeration.</param>
    /// <exception cref="ArgumentException">A value of the range is out of its own range.</exception>
    /// <exception cref="CorruptionException">A document is damaged.</exception>
    public static async IAsyncEnumerable<Document<ReadOnlyMemory<byte>>> ReadAllTextAsync(
        this DocumentStore store,
        DocumentRange? range = null,
        ReadView? view = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        await foreach ((string key, KeyValueEntry entry) in
            store.ScanAsync(range, view, keysOnly: false, cancellationToken).ConfigureAwait(false))
        {
            yield return new Document<ReadOnlyMemory<byte>>(
                key, entry.Value, entry.Info.Version, entry.Info.ExpiresAt);
        }
    }
}
