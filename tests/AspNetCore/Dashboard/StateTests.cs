using System.Text.Json;
using LogEngine.PostgreSql;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace LogEngine.AspNetCoreTests.Dashboard;

/// <summary>Engines that are not, or not any more, as they should be: the page stands, and says so.</summary>
public sealed class StateTests
{
    [Fact]
    public async Task An_engine_that_opens_late_is_shown_as_opening_and_then_as_open()
    {
        LateFactory late = new();
        await using Site site = await StartUnopenedAsync(late);
        Assert.Contains("not opened yet", await site.PageAsync(), StringComparison.Ordinal);
        Task<StorageEngine> opening = Task.Run(() => site.Engine());
        await late.Asked.WaitAsync(TimeSpan.FromMinutes(1));
        Assert.Contains(
            "There is nothing to show while it is opening", await site.PageAsync(), StringComparison.Ordinal);
        Assert.Equal("opening", await LiveStateAsync(site));
        late.Opened.SetResult(StorageEngine.OpenInMemory());
        await (await opening).GetKeyspace("made-late").PutAsync("k"u8.ToArray(), default);
        Assert.Contains("made-late", await site.PageAsync(), StringComparison.Ordinal);
        Assert.Equal("open", await LiveStateAsync(site));
    }

    [Fact]
    public async Task An_engine_that_could_not_be_opened_says_why()
    {
        LateFactory late = new();
        await using Site site = await StartUnopenedAsync(late);
        late.Opened.SetException(new StorageNotFoundException("<b>no such place</b>"));
        Assert.Throws<StorageNotFoundException>(() => site.Engine());
        string page = await site.PageAsync();
        Assert.Contains(
            "Opening it failed: &lt;b&gt;no such place&lt;/b&gt;", page, StringComparison.Ordinal);
        Assert.Equal("not opened", await LiveStateAsync(site));
    }

    [Fact]
    public async Task A_faulted_engine_shows_the_fault_and_what_it_holds()
    {
        using ScratchDirectory scratch = new();
        await using Site site = await StartInAsync(scratch.Path);
        await Busy.FillAsync(site.Engine());
        await FaultAsync(site, scratch.Path);
        string page = await site.PageAsync();
        Assert.Contains("It takes no more writes", page, StringComparison.Ordinal);
        Assert.Contains(">unhealthy<", page, StringComparison.Ordinal);
        Assert.Contains("users", page, StringComparison.Ordinal);
        Assert.Equal("faulted", await LiveStateAsync(site));
    }

    [Fact]
    public async Task A_closed_engine_does_not_break_the_page()
    {
        await using Site site = await Site.OfMemoryAsync();
        await Busy.FillAsync(site.Engine());
        await site.Engine().DisposeAsync();
        Assert.Contains("has been closed", await site.PageAsync(), StringComparison.Ordinal);
        using JsonDocument live = JsonDocument.Parse(await site.PageAsync("/logengine/live?engine=main"));
        Assert.False(live.RootElement.TryGetProperty("groups", out _));
    }

    [SkippableFact]
    public async Task A_server_that_does_not_answer_costs_the_page_a_few_seconds_and_what_it_holds()
    {
        Skip.If(PostgreServer.WhyNot() is not null, PostgreServer.WhyNot());
        await using PostgreServer server = await PostgreServer.StartNewAsync("fsync=off");
        await using PostgreSqlEngine engine = await PostgreSqlEngine.OpenAsync(server.ConnectionString);
        await engine.GetKeyspace("users").PutAsync("k"u8.ToArray(), default);
        await using Site site = await Site.StartAsync(
            services => services.AddSingleton<StorageEngine>(engine));
        server.Freeze();
        try
        {
            string page = await site.PageAsync().WaitAsync(TimeSpan.FromMinutes(1));
            Assert.Contains("This was not there within 5 seconds", page, StringComparison.Ordinal);
            Assert.Contains("Commits since opening", page, StringComparison.Ordinal);
        }
        finally
        {
            server.Thaw();
        }

        Assert.Contains("users", await site.PageAsync(), StringComparison.Ordinal);
    }

    /// <summary>An application whose engine is in a directory.</summary>
    internal static Task<Site> StartInAsync(string directory) => Site.StartAsync(
        services => services.AddLogEngine("main", settings => settings.Embedded.Directory = directory));

    /// <summary>Takes the engine's lock away: soon a write is its end.</summary>
    internal static async Task FaultAsync(Site site, string directory)
    {
        File.Delete(Path.Combine(directory, "LOCK"));
        await Assert.ThrowsAsync<StorageFaultedException>(async () =>
        {
            while (true)
            {
                await site.Engine().GetKeyspace("users").PutAsync("k"u8.ToArray(), new byte[100]);
            }
        });
        await site.Engine().Faulted;
    }

    /// <summary>An application that is started without its engine.</summary>
    private static Task<Site> StartUnopenedAsync(LateFactory factory) => Site.StartAsync(services =>
    {
        services.AddSingleton<IStorageEngineFactory>(factory);
        services.AddLogEngine("main", settings => settings.Engine = factory.Kind);
        services.RemoveAll<IHostedService>();
    });

    private static async Task<string?> LiveStateAsync(Site site)
    {
        using JsonDocument live = JsonDocument.Parse(await site.PageAsync("/logengine/live?engine=main"));
        return live.RootElement.GetProperty("state").GetString();
    }

    /// <summary>Opens an engine when it is told to.</summary>
    private sealed class LateFactory : IStorageEngineFactory
    {
        private readonly TaskCompletionSource _asked = new();

        public string Kind => "late";

        internal Task Asked => _asked.Task;

        internal TaskCompletionSource<StorageEngine> Opened { get; } = new();

        public IEnumerable<string> Validate(EngineOpening opening) => [];

        public async ValueTask<StorageEngine> OpenAsync(
            EngineOpening opening, CancellationToken cancellationToken)
        {
            _asked.SetResult();
            return await Opened.Task;
        }
    }
}
