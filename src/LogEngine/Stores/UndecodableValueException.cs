namespace LogEngine.Stores;

/// <summary>
/// A key or a value whose bytes are what was written, but not what the store, or the type asked for,
/// can read: written by something else, or as another type. Damaged bytes are a
/// <see cref="CorruptionException"/> instead.
/// </summary>
public sealed class UndecodableValueException : LogEngineException
{
    /// <summary>For a store: says what cannot be read, and why.</summary>
    /// <param name="what">The value, by store and key; the subject of a sentence.</param>
    /// <param name="inner">What reading it failed with.</param>
    public UndecodableValueException(string what, Exception inner)
        : base($"{what} cannot be decoded: {inner?.Message}", inner) => What = what;

    private UndecodableValueException(ReadOnlySpan<byte> key, string reason, Exception? inner)
        : base(
            $"Key {Convert.ToHexString(key)} is none of this kind of store: {reason}. Something else "
            + "has written it; remove it from the store's keyspace, see "
            + $"{nameof(StorageEngine)}.{nameof(StorageEngine.GetStoreKeyspace)}.",
            inner) => What = $"Key {Convert.ToHexString(key)}";

    /// <summary>The value, by store and key; or a key in hex digits, if that is what is foreign.</summary>
    public string What { get; }

    /// <summary>For a key that the store would never have written.</summary>
    internal static UndecodableValueException OfKey(
        ReadOnlySpan<byte> key, string reason, Exception? inner = null) => new(key, reason, inner);
}
