namespace LogEngine.Stores;

/// <summary>
/// A value whose bytes are what was written, but not what the store, or the type asked for, can
/// read. Damaged bytes are a <see cref="CorruptionException"/> instead.
/// </summary>
public sealed class UndecodableValueException : LogEngineException
{
    internal UndecodableValueException(string what, Exception inner)
        : base($"{what} cannot be decoded: {inner.Message}", inner) => What = what;

    /// <summary>The value, by store and key.</summary>
    public string What { get; }
}
