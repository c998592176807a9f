namespace LogEngine.Index;

/// <summary>Bounds of the index.</summary>
internal static class IndexLimits
{
    /// <summary>
    /// A user's 2,048 bytes, the keyspace id in front of them, and a few for stores to use.
    /// </summary>
    internal const int MaxKeyBytes = 2060;

    /// <summary>
    /// Levels of branches that a path may have. A page holds several entries, so that even
    /// 2^32 pages of the longest keys stay below it.
    /// </summary>
    internal const int MaxDepth = 32;

    /// <summary>Entries that a page can hold at most, whatever they are.</summary>
    internal const int MaxPageEntries =
        (Page.Size - Page.HeaderSize) / (sizeof(ulong) + sizeof(uint) + sizeof(ushort));

    /// <summary>Entries that a leaf can hold at most.</summary>
    internal const int MaxLeafEntries =
        (Page.Size - Page.HeaderSize) / (sizeof(ulong) + Page.ValueSize + sizeof(ushort));

    /// <summary>Keys that a multi-get walks down side by side.</summary>
    internal const int KeysSideBySide = 8;
}
