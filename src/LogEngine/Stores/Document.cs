namespace LogEngine.Stores;

/// <summary>A document that was read.</summary>
/// <typeparam name="T">Type of its value.</typeparam>
/// <param name="key">Its key.</param>
/// <param name="value">Its value.</param>
/// <param name="version">Sequence of the save that made it.</param>
/// <param name="expiresAt">From when it is absent; null for never.</param>
public sealed class Document<T>(string key, T value, long version, DateTimeOffset? expiresAt = null)
{
    /// <summary>Its key.</summary>
    public string Key { get; } = key;

    /// <summary>Its value; null where JSON null was saved.</summary>
    public T Value { get; } = value;

    /// <summary>
    /// Sequence of the save that made it, to be required by the next one. Above the engine's durable
    /// sequence it may belong to another write after a power loss.
    /// </summary>
    public long Version { get; } = version;

    /// <summary>From when it is absent; null for never.</summary>
    public DateTimeOffset? ExpiresAt { get; } = expiresAt;
}

/// <summary>A document's key in a listing.</summary>
/// <param name="Key">The key.</param>
/// <param name="Version">Sequence of the save that made the document.</param>
/// <param name="ExpiresAt">From when it is absent; null for never.</param>
public readonly record struct DocumentKey(
    string Key, long Version, DateTimeOffset? ExpiresAt = null);
