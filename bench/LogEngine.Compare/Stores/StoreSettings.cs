namespace LogEngine.Compare.Stores;

/// <summary>What a store is opened for.</summary>
/// <param name="Directory">Where it is, or is to be.</param>
/// <param name="ValueBytes">Length of every value.</param>
/// <param name="Keys">How many keys it will hold.</param>
/// <param name="Durability">What a write survives when its call returns.</param>
/// <param name="CacheBytes">Memory for values or blocks, for those that have such a cache.</param>
internal sealed record StoreSettings(
    string Directory, int ValueBytes, long Keys, Durability Durability, long CacheBytes)
{
    /// <summary>What readers take unless told otherwise.</summary>
    internal const int DefaultGetsPerTransaction = 64;

    /// <summary>
    /// Gets that share a read transaction, where there are such. With 1 each sees what was written before;
    /// with more it may see the store as it was some gets ago.
    /// </summary>
    internal int GetsPerTransaction { get; init; } = DefaultGetsPerTransaction;
}
