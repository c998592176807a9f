using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.DependencyInjection;

namespace LogEngine.Compare.Caches;

/// <summary>A distributed cache of ASP.NET Core, made by its own registration.</summary>
internal sealed class BenchCache : IAsyncDisposable
{
    internal const string LogEngine = "logengine";
    internal const string Memory = "memory";
    internal const string Redis = "redis";

    private readonly ServiceProvider _services;
    private readonly RedisServer? _server;

    private BenchCache(ServiceProvider services, RedisServer? server)
    {
        _services = services;
        _server = server;
        Cache = services.GetRequiredService<IDistributedCache>();
    }

    internal static IReadOnlyList<string> Sides { get; } = [LogEngine, Memory, Redis];

    internal IDistributedCache Cache { get; }

    /// <summary>What an entry that was set survives, for the table.</summary>
    internal string Note { get; private init; } = "";

    internal static async Task<BenchCache> OpenAsync(
        string side, string directory, CompareOptions options)
    {
        ServiceCollection services = new();
        services.AddLogging();
        switch (side)
        {
            case LogEngine:
                services.AddLogEngine("cache", settings =>
                {
                    settings.Embedded.Directory = directory;
                    settings.Embedded.CacheBytes = options.CacheBytes;
                }).AddDistributedCache(cache => cache.Durability = options.Durability);
                return new BenchCache(services.BuildServiceProvider(), null)
                {
                    Note = $"survives: {options.DurabilityName}",
                };
            case Memory:
                services.AddDistributedMemoryCache(cache => cache.SizeLimit = options.CacheBytes);
                return new BenchCache(services.BuildServiceProvider(), null)
                {
                    Note = "in the process's memory",
                };
            case Redis:
                RedisServer server = await RedisServer.StartAsync(directory);
                services.AddStackExchangeRedisCache(
                    cache => cache.Configuration = $"127.0.0.1:{server.Port}");
                return new BenchCache(services.BuildServiceProvider(), server)
                {
                    Note = "in the server's memory",
                };
            default:
                throw new ArgumentException($"There is no cache '{side}'.", nameof(side));
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        _server?.Dispose();
    }
}
