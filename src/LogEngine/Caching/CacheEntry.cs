namespace LogEngine.Caching;

/// <summary>A place in a ring where a value was seen.</summary>
internal readonly unsafe struct CacheEntry(ulong position, byte* bytes, int length)
{
    /// <summary>The entry's position.</summary>
    internal ulong Position => position;

    /// <summary>The value's first byte.</summary>
    internal byte* Bytes => bytes;

    /// <summary>The value's length in bytes.</summary>
    internal int Length => length;
}
