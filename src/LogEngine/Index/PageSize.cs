namespace LogEngine.Index;

/// <summary>
/// The sizes that all else follows from. Tests compile the index with smaller ones, so that a few
/// hundred keys make a tree of many levels.
/// </summary>
internal static class PageSize
{
    internal const int Bytes = 2048;

    /// <summary>Prefixes stop here, so that a page has room for at least five entries.</summary>
    internal const int MaxPrefix = 512;

    /// <summary>Longer suffixes go to overflow pages.</summary>
    internal const int MaxSuffix = 264;
}
