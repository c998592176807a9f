using LogEngine.Extensions;
using LogEngine.Stores.Queues;
using LogEngine.Unit.Queue;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace LogEngine.Unit.Hosting;

/// <summary>Configuration says which kind of engine it is; other kinds bring themselves.</summary>
public sealed class EngineChoiceTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_kind_comes_from_configuration(bool byName)
    {
        HostApplicationBuilder builder = Configured(byName, ("Engine", "Memory"), ("Embedded:CacheBytes", "0"));
        Add(builder, byName);
        using IHost host = builder.Build();
        await host.StartAsync().Soon();
        EmbeddedEngine engine = host.Services.GetRequiredService<EmbeddedEngine>();
        Assert.Same(engine, host.Services.GetRequiredKeyedService<StorageEngine>("main"));
        await host.StopAsync().Soon();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_unknown_kind_is_refused_at_start_with_those_there_are(bool byName)
    {
        HostApplicationBuilder builder = Configured(byName, ("Engine", "postgres"));
        Add(builder, byName);
        builder.Services.AddSingleton<IStorageEngineFactory, OtherFactory>();
        using IHost host = builder.Build();
        UnknownEngineException error = await Assert.ThrowsAsync<UnknownEngineException>(
            () => host.StartAsync().Soon());
        Assert.Equal(("main", "postgres"), (error.Engine, error.Kind));
        Assert.Equal(["embedded", "memory", "other"], error.Known);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Another_kind_is_opened_by_its_factory_with_its_part_of_the_section(bool byName)
    {
        HostApplicationBuilder builder = Configured(byName, ("Engine", "other"), ("Other:Server", "here"));
        builder.Services.AddSingleton<IStorageEngineFactory, OtherFactory>();
        Add(builder, byName).AddQueue("work");
        using IHost host = builder.Build();
        await host.StartAsync().Soon();
        DurableQueue queue = host.Services.GetRequiredKeyedService<DurableQueue>("work");
        Assert.Same(host.Services.GetRequiredService<StorageEngine>(), queue.Engine);
        await host.StopAsync().Soon();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_a_factory_finds_wrong_is_said_at_start(bool byName)
    {
        HostApplicationBuilder builder = Configured(byName, ("Engine", "other"));
        builder.Services.AddSingleton<IStorageEngineFactory, OtherFactory>();
        Add(builder, byName);
        using IHost host = builder.Build();
        OptionsValidationException error = await Assert.ThrowsAsync<OptionsValidationException>(
            () => host.StartAsync().Soon());
        Assert.Equal(["LogEngine 'main': no Other:Server is set."], error.Failures);
    }

    [Fact]
    public async Task Each_engine_has_the_section_of_its_name_whatever_source_it_comes_from()
    {
        using ScratchDirectory scratch = new();
        HostApplicationBuilder builder = Configured(byName: true, ("Engine", "memory"));
        builder.Services.AddLogEngine("main");
        builder.Services.AddLogEngine("other");

        // A source that is added behind the engines counts too.
        builder.Configuration.AddInMemoryCollection(
            [KeyValuePair.Create("LogEngine:other:Embedded:Directory", (string?)scratch.Path)]);
        using IHost host = builder.Build();
        await host.StartAsync().Soon();
        StorageEngine other = host.Services.GetRequiredKeyedService<StorageEngine>("other");
        Assert.NotSame(other, host.Services.GetRequiredKeyedService<StorageEngine>("main"));
        await other.GetKeyspace("k").PutAsync("a", "in the directory");
        await host.StopAsync().Soon();
        await using EmbeddedEngine again = await StorageEngine.OpenAsync(scratch.Path);
        Assert.Equal("in the directory", await again.GetKeyspace("k").GetTextAsync("a"));
    }

    [Fact]
    public async Task A_section_that_is_missing_is_as_one_that_is_empty()
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddLogEngine("main");
        using IHost host = builder.Build();
        OptionsValidationException error = await Assert.ThrowsAsync<OptionsValidationException>(
            () => host.StartAsync().Soon());
        Assert.Equal(["LogEngine 'main': no Embedded:Directory is set."], error.Failures);
    }

    [Fact]
    public void Without_a_configuration_the_section_that_is_missed_is_named()
    {
        ServiceCollection services = new();
        services.AddLogging();
        services.AddLogEngine("main");
        Assert.Throws<ArgumentException>(() => services.AddLogEngine("main"));
        using ServiceProvider provider = services.BuildServiceProvider();
        InvalidOperationException error = Assert.Throws<InvalidOperationException>(
            () => provider.GetRequiredService<StorageEngine>());
        Assert.Contains("'LogEngine:main'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_faulted_engine_is_unhealthy()
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddLogEngine("main", settings => settings.Engine = "memory");
        using IHost host = builder.Build();
        await host.StartAsync().Soon();
        HealthCheckContext context = new() { Registration = LogEngineHealth.Registration("main") };
        IHealthCheck check = context.Registration.Factory(host.Services);
        Assert.Equal(HealthStatus.Healthy, (await check.CheckHealthAsync(context)).Status);
        EmbeddedEngine engine = host.Services.GetRequiredService<EmbeddedEngine>();
        engine.Lifetime.Log.Writer.Committer.Fault.Set(new IOException("the disk is gone"));
        await engine.Faulted.Soon();
        HealthCheckResult result = await check.CheckHealthAsync(context);
        Assert.Equal(HealthStatus.Unhealthy, result.Status);
        Assert.IsType<StorageFaultedException>(result.Exception);
        await host.StopAsync().Soon();
    }

    [Fact]
    public async Task Recurring_messages_come_by_themselves_and_can_be_set_at_run_time()
    {
        ManualTime time = new();
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddLogEngine("main", settings =>
            {
                settings.Engine = "memory";
                settings.Embedded.Configure = options => options with { TimeProvider = time };
            })
            .AddQueue("work")
            .AddRecurringMessages("work", Recurring("minutely", TimeSpan.FromMinutes(1)));
        using IHost host = builder.Build();
        await host.StartAsync().Soon();
        DurableQueue queue = host.Services.GetRequiredKeyedService<DurableQueue>("work");
        RecurringMessages messages = host.Services.GetRequiredKeyedService<RecurringMessages>("work");
        await AdvanceUntilAsync(time, () => queue.Statistics.Ready == 1);
        Assert.True(await messages.RemoveAsync("minutely"));
        await messages.SetAsync(Recurring("secondly", TimeSpan.FromSeconds(1)));
        await AdvanceUntilAsync(time, () => queue.Statistics.Ready >= 3);
        Assert.Equal(["secondly"], (await messages.ListAsync()).Select(status => status.Name));
        await host.StopAsync().Soon();
    }

    private static RecurringMessage Recurring(string name, TimeSpan interval) =>
        new(name, Recurrence.Every(interval), QueueFixture.Message(name));

    /// <summary>Time passes only while nothing has happened yet: whoever waits for it may be late.</summary>
    private static Task AdvanceUntilAsync(ManualTime time, Func<bool> condition) =>
        Eventually.IsTrueAsync(
            () =>
            {
                time.Advance(TimeSpan.FromSeconds(condition() ? 0 : 1));
                return condition();
            },
            "it is enqueued");

    /// <param name="byName">The section is the one that has the engine's name.</param>
    /// <param name="settings">What is in it.</param>
    private static HostApplicationBuilder Configured(
        bool byName, params (string Key, string Value)[] settings)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        string section = byName ? "LogEngine:main" : "Store";
        builder.Configuration.AddInMemoryCollection(settings.Select(
            setting => KeyValuePair.Create($"{section}:{setting.Key}", (string?)setting.Value)));
        return builder;
    }

    private static LogEngineBuilder Add(HostApplicationBuilder builder, bool byName) => byName
        ? builder.Services.AddLogEngine("main")
        : builder.Services.AddLogEngine("main", builder.Configuration.GetSection("Store"));

    /// <summary>A kind of engine as another package would bring it.</summary>
    private sealed class OtherFactory : IStorageEngineFactory
    {
        public string Kind => "other";

        public IEnumerable<string> Validate(EngineOpening opening)
        {
            if (string.IsNullOrEmpty(opening.Section?["Other:Server"]))
            {
                yield return "no Other:Server is set.";
            }
        }

        public ValueTask<StorageEngine> OpenAsync(
            EngineOpening opening, CancellationToken cancellationToken) => new(
            StorageEngine.OpenInMemory(
                new StorageEngineOptions { LoggerFactory = opening.LoggerFactory }));
    }
}
