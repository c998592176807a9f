namespace LogEngine.AspNetCore;

/// <summary>Of the output cache: where its responses are, and what they survive.</summary>
/// <remarks>The default of <see cref="CacheOptions.Keyspace"/> is <c>output-cache</c>.</remarks>
public sealed class LogEngineOutputCacheOptions : CacheOptions
{
    /// <summary>All defaults.</summary>
    public LogEngineOutputCacheOptions()
        : base("output-cache")
    {
    }
}
