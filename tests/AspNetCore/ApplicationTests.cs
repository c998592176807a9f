using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.OutputCaching;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.Hybrid;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace LogEngine.AspNetCoreTests;

/// <summary>Whole applications, with the framework's own middleware, that are stopped and started again.</summary>
public sealed class ApplicationTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();
    private int _made;

    /// <inheritdoc/>
    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task A_session_goes_on_after_a_restart()
    {
        string cookie;
        await using (WebApplication first = await StartAsync())
        {
            using HttpResponseMessage set = await first.GetTestClient().GetAsync("/set/ada");
            cookie = Assert.Single(set.Headers.GetValues("Set-Cookie")).Split(';')[0];
            Assert.Equal("ada", await AskAsync(first, "/get", cookie));
            Assert.Equal("nobody", await AskAsync(first, "/get"));
        }

        // The cookie is protected by a key, and the key is kept too.
        await using WebApplication second = await StartAsync();
        Assert.Equal("ada", await AskAsync(second, "/get", cookie));
    }

    [Fact]
    public async Task A_response_is_cached_over_a_restart_until_its_tag_is_evicted()
    {
        await using (WebApplication first = await StartAsync())
        {
            Assert.Equal("made 1", await AskAsync(first, "/made"));
            Assert.Equal("made 1", await AskAsync(first, "/made"));
            Assert.Equal("made 2", await AskAsync(first, "/made?other"));
        }

        await using WebApplication second = await StartAsync();
        Assert.Equal("made 1", await AskAsync(second, "/made"));
        Assert.Equal("made 2", await AskAsync(second, "/made?other"));
        await second.Services.GetRequiredService<IOutputCacheStore>().EvictByTagAsync("made", default);
        Assert.Equal("made 3", await AskAsync(second, "/made"));
        Assert.Equal("made 4", await AskAsync(second, "/made?other"));
        Assert.Equal("made 3", await AskAsync(second, "/made"));
    }

    [Fact]
    public async Task A_hybrid_cache_has_its_second_level_in_it()
    {
        await using (WebApplication first = await StartAsync())
        {
            HybridCache cache = first.Services.GetRequiredService<HybridCache>();
            Assert.Equal("made 1", await cache.GetOrCreateAsync("a", MakeAsync, tags: ["T"]));
            Assert.Equal("made 1", await cache.GetOrCreateAsync("a", MakeAsync, tags: ["T"]));
            Assert.Equal("made 2", await cache.GetOrCreateAsync("b", MakeAsync));
        }

        await using WebApplication second = await StartAsync();
        HybridCache again = second.Services.GetRequiredService<HybridCache>();
        Assert.Equal("made 1", await again.GetOrCreateAsync("a", MakeAsync, tags: ["T"]));
        await again.RemoveAsync("b");
        Assert.Equal("made 3", await again.GetOrCreateAsync("b", MakeAsync));
        await again.RemoveByTagAsync("T");
        Assert.Equal("made 4", await again.GetOrCreateAsync("a", MakeAsync, tags: ["T"]));
    }

    [Fact]
    public async Task Its_engine_has_a_health_endpoint()
    {
        await using WebApplication app = await StartAsync();
        Assert.Equal("Healthy", await AskAsync(app, "/health"));
    }

    [Fact]
    public async Task Each_cache_is_in_the_engine_and_the_keyspace_that_it_was_told()
    {
        ServiceCollection services = [];
        services.AddLogging();
        services.AddLogEngine("one", settings => settings.Engine = LogEngineSettings.MemoryKind);
        services.AddLogEngine("two", settings => settings.Engine = LogEngineSettings.MemoryKind)
            .AddDistributedCache(options => options.Keyspace = "mine");
        services.AddLogEngineOutputCache(options => options.Engine = "two");
        await using ServiceProvider provider = services.BuildServiceProvider();
        provider.GetRequiredService<IDistributedCache>().Set("a", [1]);
        await provider.GetRequiredService<IOutputCacheStore>().SetAsync("b", [1], [], TimeSpan.FromDays(1), default);
        Assert.Equal(
            ["mine", "output-cache"],
            provider.GetRequiredKeyedService<EmbeddedEngine>("two").ListKeyspaces());
        Assert.Empty(provider.GetRequiredKeyedService<EmbeddedEngine>("one").ListKeyspaces());
    }

    [Fact]
    public void Without_its_engine_a_cache_says_what_to_add()
    {
        ServiceCollection services = [];
        services.AddLogging();
        services.AddLogEngineDistributedCache();
        services.AddLogEngineOutputCache(options => options.Engine = "pages");
        using ServiceProvider provider = services.BuildServiceProvider();
        Assert.Contains(
            "AddLogEngine",
            Assert.Throws<InvalidOperationException>(
                () => provider.GetRequiredService<IDistributedCache>()).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "'pages'",
            Assert.Throws<InvalidOperationException>(
                () => provider.GetRequiredService<IOutputCacheStore>()).Message,
            StringComparison.Ordinal);
    }

    public static TheoryData<Action<CacheOptions>, string> Wrong => new()
    {
        { options => options.Keyspace = "", "Keyspace" },
        { options => options.Keyspace = "queue/x", "Keyspace" },
        { options => options.Keyspace = new string('x', 1025), "Keyspace" },
        { options => options.Keyspace = "\uDC00", "Keyspace" },
        { options => options.Engine = "", "Engine" },
        { options => options.Durability = (Durability)17, "Durability" },
    };

    [Theory]
    [MemberData(nameof(Wrong), DisableDiscoveryEnumeration = true)]
    public async Task A_wrong_option_is_told_when_the_application_starts(
        Action<CacheOptions> configure, string named)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddLogEngine("one", settings => settings.Engine = LogEngineSettings.MemoryKind);
        builder.Services.AddLogEngineDistributedCache(configure);
        using IHost host = builder.Build();
        OptionsValidationException error = await Assert.ThrowsAsync<OptionsValidationException>(
            () => host.StartAsync());
        Assert.Contains(named, Assert.Single(error.Failures), StringComparison.Ordinal);
    }

    private ValueTask<string> MakeAsync(CancellationToken cancellationToken) => new($"made {++_made}");

    private async Task<WebApplication> StartAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseTestServer();
        builder.Services.AddRouting();
        builder.Services.AddLogEngine("web", settings => settings.Embedded.Directory = _scratch.Path)
            .AddDistributedCache()
            .AddOutputCacheStore();
        builder.Services.AddSession();
        builder.Services.AddOutputCache();
        builder.Services.AddHybridCache();
        builder.Services.AddDataProtection().SetApplicationName("tests").PersistKeysToLogEngine("web");
        builder.Services.AddHealthChecks().Add(LogEngineHealth.Registration("web"));
        WebApplication app = builder.Build();
        app.UseSession();
        app.UseOutputCache();
        app.MapHealthChecks("/health");
        app.MapGet("/set/{name}", (string name, HttpContext context) => context.Session.SetString("name", name));
        app.MapGet("/get", (HttpContext context) => context.Session.GetString("name") ?? "nobody");
        app.MapGet("/made", () => $"made {++_made}").CacheOutput(policy => policy.Tag("made"));
        await app.StartAsync();
        return app;
    }

    private static async Task<string> AskAsync(WebApplication app, string path, string? cookie = null)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, path);
        if (cookie is not null)
        {
            request.Headers.Add("Cookie", cookie);
        }

        using HttpResponseMessage response = await app.GetTestClient().SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await response.Content.ReadAsStringAsync();
    }
}
