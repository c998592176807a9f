using LogEngine.Extensions;
using LogEngine.Stores;
using LogEngine.Stores.Queues;
using LogEngine.Stores.Topics;
using LogEngine.Testing;
using LogEngine.Unit.Queue;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace LogEngine.Unit.Hosting;

public sealed class HostingTests
{
    [Fact]
    public async Task Engines_are_open_before_services_start_and_closed_after_they_stop()
    {
        using ScratchDirectory scratch = new();
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);

        // Registered first: still starts after the engine has been opened.
        builder.Services.AddHostedService<WatchingService>();
        builder.Services.AddLogEngine("main", settings => settings.Embedded.Directory = scratch.Path)
            .AddQueue("work");
        builder.Services.AddLogEngine("other", settings => settings.Engine = "memory");
        using IHost host = builder.Build();
        await host.StartAsync().Soon();
        EmbeddedEngine main = host.Services.GetRequiredKeyedService<EmbeddedEngine>("main");
        Assert.NotSame(main, host.Services.GetRequiredKeyedService<EmbeddedEngine>("other"));
        Assert.Same(main, host.Services.GetRequiredService<EmbeddedEngine>());
        await host.StopAsync().Soon();
        Assert.Throws<ObjectDisposedException>(() => main.ListKeyspaces());

        // The directory is free again, and what the service wrote while stopping is there.
        await using EmbeddedEngine again = await StorageEngine.OpenAsync(scratch.Path);
        await using DurableQueue queue = await again.OpenQueueAsync("work");
        Assert.Equal(2, queue.Statistics.Ready);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Settings_come_from_configuration_and_are_checked_before_anything_is_opened(bool byName)
    {
        using ScratchDirectory scratch = new();
        await Assert.ThrowsAsync<OptionsValidationException>(() => StartAsync(byName, new()
        {
            ["Embedded:Directory"] = "",
        }));
        await Assert.ThrowsAsync<OptionsValidationException>(() => StartAsync(byName, new()
        {
            ["Embedded:Directory"] = scratch.Path,
            ["Embedded:SegmentSizeBytes"] = "1",
        }));
        Assert.False(Directory.Exists(scratch.Path));
        await StartAsync(byName, new()
        {
            ["Embedded:Directory"] = scratch.Path,
            ["Embedded:SegmentSizeBytes"] = "1048576",
            ["Embedded:IoMode"] = "Buffered",
        });
        Assert.NotEmpty(Directory.GetFiles(scratch.Path));
    }

    [Fact]
    public async Task A_hosted_processor_handles_messages_with_a_handler_of_its_own_scope()
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSingleton<Handled>();
        builder.Services.AddLogEngine("main", settings => settings.Engine = "memory")
            .AddQueue("work")
            .AddQueueHandler<Handler>("work")
            .ConfigureQueueProcessor("work", new QueueProcessorOptions { Concurrency = 2 });
        using IHost host = builder.Build();
        await host.StartAsync().Soon();
        DurableQueue queue = host.Services.GetRequiredKeyedService<DurableQueue>("work");
        for (int i = 0; i < 10; i++)
        {
            await queue.EnqueueAsync(QueueFixture.Message($"{i}"));
        }

        await Eventually.IsTrueAsync(
            () => queue.Statistics.Acknowledged == 10, "all are handled");
        Handled handled = host.Services.GetRequiredService<Handled>();
        Assert.Equal(10, handled.Bodies.Count);
        Assert.Equal(10, handled.Handlers.Distinct().Count());
        await host.StopAsync().Soon();
    }

    // A processor that was configured and had no handler sent every message to the dead letters.
    [Fact]
    public async Task Without_a_handler_nothing_is_received()
    {
        await using QueueHarness harness = await QueueHarness.StartAsync(AddSender);
        await harness.Queue("work").EnqueueAsync(QueueFixture.Message("m"));
        Assert.Equal(0, await harness.RunUntilIdleAsync());

        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        AddSender(builder.Services);
        using IHost host = builder.Build();
        await host.StartAsync().Soon();
        DurableQueue queue = host.Services.GetRequiredKeyedService<DurableQueue>("work");
        await queue.EnqueueAsync(QueueFixture.Message("m"));
        Assert.NotNull(await queue.TryReceiveAsync());
        await host.StopAsync().Soon();
    }

    // Case B1: a processor that had stopped for good was healthy.
    // And one whose handler was added behind another engine was told of as that one's.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_processor_that_has_stopped_by_itself_is_unhealthy(bool addedBehindAnother)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSingleton<Handled>();
        LogEngineBuilder main = builder.Services
            .AddLogEngine("main", settings => settings.Engine = "memory")
            .AddQueue("work");
        LogEngineBuilder another = builder.Services
            .AddLogEngine("other", settings => settings.Engine = "memory");
        (addedBehindAnother ? another : main).AddQueueHandler<Handler>("work");
        using IHost host = builder.Build();
        await host.StartAsync().Soon();
        HealthCheckContext context = new() { Registration = LogEngineHealth.Registration("main") };
        IHealthCheck check = context.Registration.Factory(host.Services);
        Assert.Equal(HealthStatus.Healthy, (await check.CheckHealthAsync(context)).Status);
        await host.Services.GetRequiredKeyedService<DurableQueue>("work").DisposeAsync().Soon();
        HealthCheckResult result = default;
        await Eventually.IsTrueAsync(
            () =>
            {
                result = check.CheckHealthAsync(context).GetAwaiter().GetResult();
                return result.Status == HealthStatus.Unhealthy;
            },
            "it is unhealthy");
        Assert.Contains("'work' stopped", result.Description, StringComparison.Ordinal);
        IHealthCheck other = LogEngineHealth.Registration("other").Factory(host.Services);
        Assert.Equal(HealthStatus.Healthy, (await other.CheckHealthAsync(context)).Status);
        await host.StopAsync().Soon();
    }

    [Fact]
    public async Task Health_is_told()
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddLogEngine("main", settings => settings.Engine = "memory");
        HealthCheckRegistration registration = LogEngineHealth.Registration("main");
        Assert.Equal("logengine-main", registration.Name);
        using IHost host = builder.Build();
        HealthCheckContext context = new() { Registration = registration };
        IHealthCheck check = registration.Factory(host.Services);
        Assert.Equal(HealthStatus.Unhealthy, (await check.CheckHealthAsync(context)).Status);
        await host.StartAsync().Soon();
        Assert.Equal(HealthStatus.Healthy, (await check.CheckHealthAsync(context)).Status);
        await host.StopAsync().Soon();
        Assert.Equal(HealthStatus.Unhealthy, (await check.CheckHealthAsync(context)).Status);
    }

    [Fact]
    public async Task Stores_and_topics_come_from_the_container_and_work_on_their_engine()
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        LogEngineBuilder engine = builder.Services
            .AddLogEngine("main", settings => settings.Engine = "memory")
            .AddQueue("work")
            .AddTopic("events")
            .AddDocumentStore("orders")
            .AddBlobStore("files")
            .AddRunLog("runs")
            .AddCheckpointStore("positions", new CheckpointStoreOptions { Keep = 1 });

        // One name for two types is two things; for one type it would be two, told apart by nothing.
        engine.AddTopic("work");
        Assert.Throws<ArgumentException>(() => engine.AddQueue("work"));
        using IHost host = builder.Build();
        await host.StartAsync().Soon();
        IServiceProvider services = host.Services;
        EmbeddedEngine main = services.GetRequiredKeyedService<EmbeddedEngine>("main");
        Topic events = services.GetRequiredKeyedService<Topic>("events");
        Assert.Same(main, events.Engine);
        Assert.Same(main, services.GetRequiredKeyedService<DurableQueue>("work").Engine);
        CheckpointStore positions =
            services.GetRequiredKeyedService<CheckpointStore>("positions");
        await positions.SaveAsync("a", new byte[] { 1 });
        await positions.SaveAsync("a", new byte[] { 2 });
        Assert.Equal(1, positions.CountOf("a"));
        Assert.Equal("orders", services.GetRequiredKeyedService<DocumentStore>("orders").Name);
        Assert.Equal("files", services.GetRequiredKeyedService<BlobStore>("files").Name);
        Assert.Equal("runs", services.GetRequiredKeyedService<RunLog>("runs").Name);
        await host.StopAsync().Soon();
        await Assert.ThrowsAsync<ObjectDisposedException>(
            async () => await events.AppendAsync(new byte[1]));
    }

    private static async Task StartAsync(bool byName, Dictionary<string, string?> settings)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        string section = byName ? "LogEngine:main" : "Store";
        builder.Configuration.AddInMemoryCollection(
            settings.Select(s => KeyValuePair.Create($"{section}:{s.Key}", s.Value)));
        _ = byName
            ? builder.Services.AddLogEngine("main")
            : builder.Services.AddLogEngine("main", builder.Configuration.GetSection(section));
        using IHost host = builder.Build();
        await host.StartAsync().Soon();
        await host.StopAsync().Soon();
    }

    /// <summary>Uses the engine while starting and while stopping.</summary>
    internal sealed class WatchingService(IServiceProvider services) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => SendAsync();

        public Task StopAsync(CancellationToken cancellationToken) => SendAsync();

        private async Task SendAsync() => await services
            .GetRequiredKeyedService<DurableQueue>("work")
            .EnqueueAsync(QueueFixture.Message("from a service"));
    }

    internal sealed class Handled
    {
        internal System.Collections.Concurrent.ConcurrentBag<string> Bodies { get; } = [];

        internal System.Collections.Concurrent.ConcurrentBag<object> Handlers { get; } = [];
    }

    private static void AddSender(IServiceCollection services) => services
        .AddLogEngine("main", settings => settings.Engine = "memory")
        .AddQueue("work")
        .ConfigureQueueProcessor("work", new QueueProcessorOptions { Concurrency = 2 });

    internal sealed class Handler(Handled handled) : IQueueHandler<QueueDelivery>
    {
        public ValueTask HandleAsync(
            QueueDelivery message, QueueContext context, CancellationToken cancellationToken)
        {
            handled.Bodies.Add(QueueFixture.Text(message.Body));
            handled.Handlers.Add(this);
            return default;
        }
    }
}
