namespace LogEngine.Compare.Stores;

/// <summary>What a store is opened for.</summary>
/// <param name="Directory">Where it is, or is to be.</param>
/// <param name="ValueBytes">Length of every value.</param>
/// <param name="Keys">How many keys it will hold.</param>
/// <param name="Durability">What a write survives when its call returns.</param>
/// <param name="CacheBytes">Memory for values or blocks, for those that have such a cache.</param>
internal sealed record StoreSettings(
    string Directory, int ValueBytes, long Keys, Durability Durability, long CacheBytes);
