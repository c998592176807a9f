using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace LogEngine;

/// <summary>
/// Keys and values as text, UTF-8 on disk, and values as JSON: for those who have no bytes of their own.
/// </summary>
/// <remarks>
/// The same as the forms with bytes in everything else: durability, limits (a key of 1 to 2,048 bytes of
/// UTF-8), errors. Text with an unpaired surrogate is refused with an <see cref="ArgumentException"/>.
/// </remarks>
public static class KeyspaceText
{
    private const string Trimming =
        "The type is found by reflection; give a JsonTypeInfo<T> where code is trimmed or compiled ahead.";

    /// <summary>Gives a key a value, whatever was there.</summary>
    /// <param name="keyspace">The keyspace.</param>
    /// <param name="key">The key.</param>
    /// <param name="value">The value.</param>
    /// <param name="durability">When the call completes; the engine's default where null.</param>
    /// <param name="expiresAt">From when it is absent; null for never.</param>
    /// <param name="cancellationToken">Cancels the wait, never a write that was admitted.</param>
    /// <returns>The value's version. Await it once.</returns>
    public static ValueTask<long> PutAsync(
        this Keyspace keyspace,
        string key,
        string value,
        Durability? durability = null,
        DateTimeOffset? expiresAt = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(keyspace);
        return keyspace.PutAsync(
            TextRules.Encode(key, nameof(key)),
            TextRules.Encode(value, nameof(value)),
            durability,
            expiresAt,
            cancellationToken);
    }

    /// <summary>Reads a value as text; null where the key is absent.</summary>
    /// <param name="keyspace">The keyspace, now or as of a view.</param>
    /// <param name="key">The key.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="FormatException">The value is no UTF-8.</exception>
    public static async ValueTask<string?> GetTextAsync(
        this KeyspaceReader keyspace, string key, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(keyspace);
        using StoredValue? value = await keyspace
            .GetAsync(TextRules.Encode(key, nameof(key)), cancellationToken).ConfigureAwait(false);
        return value is null ? null : TextRules.Decode(value.Memory.Span, $"The value of key '{key}'");
    }

    /// <summary>Reads a value; null where the key is absent.</summary>
    /// <param name="keyspace">The keyspace, now or as of a view.</param>
    /// <param name="key">The key.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The value, owned by the caller: dispose it.</returns>
    public static ValueTask<StoredValue?> GetAsync(
        this KeyspaceReader keyspace, string key, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(keyspace);
        return keyspace.GetAsync(TextRules.Encode(key, nameof(key)), cancellationToken);
    }

    /// <summary>Whether a key is there, and its value has not expired.</summary>
    /// <param name="keyspace">The keyspace, now or as of a view.</param>
    /// <param name="key">The key.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    public static ValueTask<bool> ContainsAsync(
        this KeyspaceReader keyspace, string key, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(keyspace);
        return keyspace.ContainsAsync(TextRules.Encode(key, nameof(key)), cancellationToken);
    }

    /// <summary>Removes a key; no error where it is absent.</summary>
    /// <param name="keyspace">The keyspace.</param>
    /// <param name="key">The key.</param>
    /// <param name="durability">When the call completes; the engine's default where null.</param>
    /// <param name="cancellationToken">Cancels the wait, never a write that was admitted.</param>
    /// <returns>The sequence of the removal. Await it once.</returns>
    public static ValueTask<long> DeleteAsync(
        this Keyspace keyspace,
        string key,
        Durability? durability = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(keyspace);
        return keyspace.DeleteAsync(TextRules.Encode(key, nameof(key)), durability, cancellationToken);
    }

    /// <summary>Gives a key a value as JSON.</summary>
    /// <typeparam name="T">The value.</typeparam>
    /// <param name="keyspace">The keyspace.</param>
    /// <param name="key">The key.</param>
    /// <param name="value">The value.</param>
    /// <param name="type">How it is written.</param>
    /// <param name="durability">When the call completes; the engine's default where null.</param>
    /// <param name="expiresAt">From when it is absent; null for never.</param>
    /// <param name="cancellationToken">Cancels the wait, never a write that was admitted.</param>
    /// <returns>The value's version. Await it once.</returns>
    public static ValueTask<long> PutJsonAsync<T>(
        this Keyspace keyspace,
        string key,
        T value,
        JsonTypeInfo<T> type,
        Durability? durability = null,
        DateTimeOffset? expiresAt = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(keyspace);
        return keyspace.PutAsync(
            TextRules.Encode(key, nameof(key)),
            JsonSerializer.SerializeToUtf8Bytes(value, type),
            durability,
            expiresAt,
            cancellationToken);
    }

    /// <summary>Gives a key a value as JSON, its type found by reflection.</summary>
    /// <typeparam name="T">The value.</typeparam>
    /// <param name="keyspace">The keyspace.</param>
    /// <param name="key">The key.</param>
    /// <param name="value">The value.</param>
    /// <param name="options">How it is written; the defaults for the web where null.</param>
    /// <param name="durability">When the call completes; the engine's default where null.</param>
    /// <param name="expiresAt">From when it is absent; null for never.</param>
    /// <param name="cancellationToken">Cancels the wait, never a write that was admitted.</param>
    /// <returns>The value's version. Await it once.</returns>
    [RequiresUnreferencedCode(Trimming)]
    [RequiresDynamicCode(Trimming)]
    public static ValueTask<long> PutJsonAsync<T>(
        this Keyspace keyspace,
        string key,
        T value,
        JsonSerializerOptions? options = null,
        Durability? durability = null,
        DateTimeOffset? expiresAt = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(keyspace);
        return keyspace.PutAsync(
            TextRules.Encode(key, nameof(key)),
            JsonSerializer.SerializeToUtf8Bytes(value, options ?? JsonSerializerOptions.Web),
            durability,
            expiresAt,
            cancellationToken);
    }

    /// <summary>Reads a value that is JSON; the type's default where the key is absent.</summary>
    /// <typeparam name="T">The value.</typeparam>
    /// <param name="keyspace">The keyspace, now or as of a view.</param>
    /// <param name="key">The key.</param>
    /// <param name="type">How it is read.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="JsonException">The value is no JSON of that type.</exception>
    public static async ValueTask<T?> GetJsonAsync<T>(
        this KeyspaceReader keyspace,
        string key,
        JsonTypeInfo<T> type,
        CancellationToken cancellationToken = default)
    {
        using StoredValue? value = await keyspace.GetAsync(key, cancellationToken)
            .ConfigureAwait(false);
        return value is null ? default : JsonSerializer.Deserialize(value.Memory.Span, type);
    }

    /// <summary>Reads a value that is JSON, its type found by reflection.</summary>
    /// <typeparam name="T">The value.</typeparam>
    /// <param name="keyspace">The keyspace, now or as of a view.</param>
    /// <param name="key">The key.</param>
    /// <param name="options">How it is read; the defaults for the web where null.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="JsonException">The value is no JSON of that type.</exception>
    [RequiresUnreferencedCode(Trimming)]
    [RequiresDynamicCode(Trimming)]
    public static async ValueTask<T?> GetJsonAsync<T>(
        this KeyspaceReader keyspace,
        string key,
        JsonSerializerOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        using StoredValue? value = await keyspace.GetAsync(key, cancellationToken)
            .ConfigureAwait(false);
        return value is null
            ? default
            : JsonSerializer.Deserialize<T>(value.Memory.Span, options ?? JsonSerializerOptions.Web);
    }

    /// <summary>Lets a batch give a key a value.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="keyspace">A keyspace of the same engine.</param>
    /// <param name="key">The key.</param>
    /// <param name="value">The value.</param>
    /// <param name="expiresAt">From when it is absent; null for never.</param>
    public static void Put(
        this WriteBatch batch,
        Keyspace keyspace,
        string key,
        string value,
        DateTimeOffset? expiresAt = null)
    {
        ArgumentNullException.ThrowIfNull(batch);
        batch.Put(keyspace, TextRules.Encode(key, nameof(key)), TextRules.Encode(value, nameof(value)), expiresAt);
    }

    /// <summary>Lets a batch remove a key; no error where it is absent.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="keyspace">A keyspace of the same engine.</param>
    /// <param name="key">The key.</param>
    public static void Delete(this WriteBatch batch, Keyspace keyspace, string key)
    {
        ArgumentNullException.ThrowIfNull(batch);
        batch.Delete(keyspace, TextRules.Encode(key, nameof(key)));
    }
}
