namespace LogEngine.AspNetCore;

/// <summary>Of the distributed cache: where its entries are, and what they survive.</summary>
/// <remarks>The default of <see cref="CacheOptions.Keyspace"/> is <c>cache</c>.</remarks>
public sealed class LogEngineDistributedCacheOptions : CacheOptions
{
    /// <summary>All defaults.</summary>
    public LogEngineDistributedCacheOptions()
        : base("cache")
    {
    }
}
