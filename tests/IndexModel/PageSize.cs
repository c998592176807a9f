namespace LogEngine.Index;

/// <summary>The sizes that the index is tested with, in the place of its own.</summary>
internal static class PageSize
{
#if LOGENGINE_PAGE_256
    internal const int Bytes = 256;
    internal const int MaxPrefix = 24;
    internal const int MaxSuffix = 24;
#elif LOGENGINE_PAGE_512
    internal const int Bytes = 512;
    internal const int MaxPrefix = 96;
    internal const int MaxSuffix = 40;
#elif LOGENGINE_PAGE_2048
    internal const int Bytes = 2048;
    internal const int MaxPrefix = 512;
    internal const int MaxSuffix = 264;
#endif
}
