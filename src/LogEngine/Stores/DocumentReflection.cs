using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace LogEngine.Stores;

/// <summary>
/// Documents of types that are found by reflection, for those who have no source-generated context. The
/// forms with a <c>JsonTypeInfo</c> are the same in everything else.
/// </summary>
public static class DocumentReflection
{
    /// <summary>Saves a value under a key, whatever was there.</summary>
    /// <param name="store">The store.</param>
    /// <param name="key">1 to 1,024 bytes of UTF-8.</param>
    /// <param name="value">The value.</param>
    /// <param name="options">How it is written; the defaults for the web where null.</param>
    /// <param name="durability">What the save survives when the call completes.</param>
    /// <param name="expiresAt">From when the document is absent; null for never.</param>
    /// <param name="cancellationToken">Cancels the wait, never a write that was admitted.</param>
    /// <returns>The document's version.</returns>
    /// <inheritdoc cref="DocumentStore.SaveAsync{T}" path="/exception"/>
    [RequiresUnreferencedCode(JsonCodec.Trimming)]
    [RequiresDynamicCode(JsonCodec.Trimming)]
    public static ValueTask<long> SaveAsync<T>(
        this DocumentStore store,
        string key,
        T value,
        JsonSerializerOptions? options = null,
        Durability? durability = null,
        DateTimeOffset? expiresAt = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        return store.SaveAsync(
            key, value, JsonCodec.TypeOf<T>(options), durability, expiresAt, cancellationToken);
    }

    /// <summary>Saves a value only if the document still has a version.</summary>
    /// <param name="store">The store.</param>
    /// <param name="key">1 to 1,024 bytes of UTF-8.</param>
    /// <param name="value">The value.</param>
    /// <param name="expectedVersion">The version it must have; 0: there must be none.</param>
    /// <param name="options">How it is written; the defaults for the web where null.</param>
    /// <param name="durability">What the save, or the refusal, survives.</param>
    /// <param name="expiresAt">From when the document is absent; null for never.</param>
    /// <param name="cancellationToken">Cancels the wait, never a write that was admitted.</param>
    /// <returns>Whether it was saved, and the version made or in the way.</returns>
    /// <inheritdoc cref="DocumentStore.SaveAsync{T}" path="/exception"/>
    [RequiresUnreferencedCode(JsonCodec.Trimming)]
    [RequiresDynamicCode(JsonCodec.Trimming)]
    public static ValueTask<ConditionalResult> TrySaveAsync<T>(
        this DocumentStore store,
        string key,
        T value,
        long expectedVersion,
        JsonSerializerOptions? options = null,
        Durability? durability = null,
        DateTimeOffset? expiresAt = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        return store.TrySaveAsync(
            key,
            value,
            JsonCodec.TypeOf<T>(options),
            expectedVersion,
            durability,
            expiresAt,
            cancellationToken);
    }

    /// <summary>Reads a document; null where there is none.</summary>
    /// <param name="store">The store.</param>
    /// <param name="key">1 to 1,024 bytes of UTF-8.</param>
    /// <param name="options">How it is read; the defaults for the web where null.</param>
    /// <param name="view">Reads as of this view; null for now.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <inheritdoc cref="DocumentStore.LoadAsync{T}" path="/exception"/>
    [RequiresUnreferencedCode(JsonCodec.Trimming)]
    [RequiresDynamicCode(JsonCodec.Trimming)]
    public static ValueTask<Document<T>?> LoadAsync<T>(
        this DocumentStore store,
        string key,
        JsonSerializerOptions? options = null,
        ReadView? view = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        return store.LoadAsync(key, JsonCodec.TypeOf<T>(options), view, cancellationToken);
    }

    /// <summary>Reads several documents, all as of one moment; null where there is none.</summary>
    /// <param name="store">The store.</param>
    /// <param name="keys">The keys, each of 1 to 1,024 bytes of UTF-8.</param>
    /// <param name="options">How they are read; the defaults for the web where null.</param>
    /// <param name="view">Reads as of this view; null for now.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <inheritdoc cref="DocumentStore.LoadManyAsync{T}" path="/exception"/>
    [RequiresUnreferencedCode(JsonCodec.Trimming)]
    [RequiresDynamicCode(JsonCodec.Trimming)]
    public static ValueTask<IReadOnlyList<Document<T>?>> LoadManyAsync<T>(
        this DocumentStore store,
        IReadOnlyList<string> keys,
        JsonSerializerOptions? options = null,
        ReadView? view = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        return store.LoadManyAsync(keys, JsonCodec.TypeOf<T>(options), view, cancellationToken);
    }

    /// <summary>The documents in order of their keys, as of one moment, streamed.</summary>
    /// <param name="store">The store.</param>
    /// <param name="options">How they are read; the defaults for the web where null.</param>
    /// <param name="range">Which, and in which direction; all of them where null.</param>
    /// <param name="view">Reads as of this view; null for now.</param>
    /// <param name="cancellationToken">Ends the enumeration.</param>
    /// <inheritdoc cref="DocumentStore.ReadAllAsync{T}" path="/exception"/>
    [RequiresUnreferencedCode(JsonCodec.Trimming)]
    [RequiresDynamicCode(JsonCodec.Trimming)]
    public static IAsyncEnumerable<Document<T>> ReadAllAsync<T>(
        this DocumentStore store,
        JsonSerializerOptions? options = null,
        DocumentRange? range = null,
        ReadView? view = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        return store.ReadAllAsync(
            JsonCodec.TypeOf<T>(options), range, view, cancellationToken);
    }

    /// <summary>Adds a save to a batch; copies at once.</summary>
    /// <param name="store">The store.</param>
    /// <param name="batch">A batch of the same engine.</param>
    /// <param name="key">1 to 1,024 bytes of UTF-8.</param>
    /// <param name="value">The value.</param>
    /// <param name="options">How it is written; the defaults for the web where null.</param>
    /// <param name="expiresAt">From when the document is absent; null for never.</param>
    /// <inheritdoc cref="DocumentStore.Save{T}" path="/exception"/>
    [RequiresUnreferencedCode(JsonCodec.Trimming)]
    [RequiresDynamicCode(JsonCodec.Trimming)]
    public static void Save<T>(
        this DocumentStore store,
        WriteBatch batch,
        string key,
        T value,
        JsonSerializerOptions? options = null,
        DateTimeOffset? expiresAt = null)
    {
        ArgumentNullException.ThrowIfNull(store);
        store.Save(batch, key, value, JsonCodec.TypeOf<T>(options), expiresAt);
    }
}
