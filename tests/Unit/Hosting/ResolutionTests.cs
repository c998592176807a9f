using LogEngine.Stores;
using LogEngine.Stores.Queues;
using LogEngine.Stores.Topics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace LogEngine.Unit.Hosting;

/// <summary>An engine is there for whoever asks, when they ask, and is let go of with its container.</summary>
public sealed class ResolutionTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();

    public void Dispose() => _scratch.Dispose();

    /// <summary>
    /// Case E1: a hosted service that took an engine in its constructor kept the host from starting: it
    /// is made before any service is told to start.
    /// </summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_hosted_service_takes_engine_and_stores_in_its_constructor(bool first)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        if (first)
        {
            builder.Services.AddHostedService<TakingService>();
        }

        builder.Services.AddLogEngine("main", settings => settings.Embedded.Directory = _scratch.Path)
            .AddQueue("work")
            .AddTopic("events")
            .AddDocumentStore("orders");
        if (!first)
        {
            builder.Services.AddHostedService<TakingService>();
        }

        using (IHost host = builder.Build())
        {
            await host.StartAsync().Soon();
            Assert.Equal(
                1,
                host.Services.GetRequiredKeyedService<DurableQueue>("work").Statistics.Ready);
            await host.StopAsync().Soon();
        }

        await AssertFreeAsync();
    }

    [Fact]
    public async Task Many_who_ask_at_once_get_one_engine()
    {
        ServiceProvider services = Services();
        await using (services)
        {
            StorageEngine[] all = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(
                () => services.GetRequiredKeyedService<StorageEngine>("main")))).Soon();
            Assert.Single(all.Distinct());
        }

        await AssertFreeAsync();
    }

    /// <summary>
    /// Case E2: a container that was disposed synchronously threw ('only implements IAsyncDisposable')
    /// and left the directory locked.
    /// </summary>
    [Fact]
    public async Task A_container_that_is_disposed_lets_go_of_the_directory()
    {
        using (ServiceProvider services = Services())
        {
            using IServiceScope scope = services.CreateScope();
            DurableQueue queue = scope.ServiceProvider.GetRequiredKeyedService<DurableQueue>("work");
            await queue.EnqueueAsync(new QueueMessage("m"u8.ToArray()));
            QueueDelivery? delivery = await queue.TryReceiveAsync();
            await delivery!.AcknowledgeAsync();
            Assert.NotNull(scope.ServiceProvider.GetRequiredService<StorageEngine>());
            Assert.NotNull(scope.ServiceProvider.GetRequiredKeyedService<Topic>("events"));
        }

        await AssertFreeAsync();
    }

    [Fact]
    public async Task A_scope_that_owns_an_engine_disposes_it()
    {
        ServiceCollection services = new();
        services.AddScoped<StorageEngine>(_ => StorageEngine.OpenInMemory());
        StorageEngine engine;
        await using (ServiceProvider provider = services.BuildServiceProvider())
        {
            using IServiceScope scope = provider.CreateScope();
            engine = scope.ServiceProvider.GetRequiredService<StorageEngine>();
        }

        Assert.Throws<ObjectDisposedException>(() => engine.GetKeyspace("any"));
    }

    [Fact]
    public async Task Engine_and_log_are_let_go_of_by_using()
    {
        using (StorageEngine engine = await StorageEngine.OpenAsync(_scratch.Path))
        {
            using DurableQueue queue = await engine.OpenQueueAsync("q");
            using Topic topic = Topic.Open(engine, "t");
            await topic.AppendAsync("r"u8.ToArray());
        }

        await AssertFreeAsync();
        string other = _scratch.Sibling("other");
        using (WriteAheadLog log = await WriteAheadLog.OpenAsync(other))
        {
            log.Append("r"u8);
        }

        Assert.Equal(InspectedTail.Sealed, (await LogDirectory.StatAsync(other)).Tail);
    }

    /// <summary>Case E3: 'another process' was named where it was this one.</summary>
    [Fact]
    public async Task A_directory_given_to_two_engines_is_said_to_be_with_the_other()
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddLogEngine("main", settings => settings.Embedded.Directory = _scratch.Path);
        builder.Services.AddLogEngine(
            "second", settings => settings.Embedded.Directory = Path.Combine(_scratch.Path, "."));
        using IHost host = builder.Build();

        DirectoryLockedException error = await Assert.ThrowsAsync<DirectoryLockedException>(
            () => host.StartAsync().Soon());

        Assert.Contains("this process, as LogEngine 'main'", error.Message, StringComparison.Ordinal);
        Assert.Contains("'second'", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("another process", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_given_to_two_engines_is_refused_when_it_is_added()
    {
        ServiceCollection services = new();
        services.AddLogEngine("main", settings => settings.Engine = "memory");

        ArgumentException error = Assert.Throws<ArgumentException>(
            () => services.AddLogEngine("main", settings => settings.Embedded.Directory = _scratch.Path));

        Assert.Contains("'main' has been added", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Opening_twice_names_what_has_it_open_and_since_when()
    {
        await using (StorageEngine engine = await StorageEngine.OpenAsync(_scratch.Path))
        {
            DirectoryLockedException error = await Assert.ThrowsAsync<DirectoryLockedException>(
                async () => await StorageEngine.OpenAsync(_scratch.Path));
            Assert.Contains(
                "this process, by a StorageEngine that it opened at ",
                error.Message,
                StringComparison.Ordinal);
        }

        await using WriteAheadLog log = await WriteAheadLog.OpenAsync(_scratch.Sibling("other"));
        Assert.Contains(
            "by a WriteAheadLog",
            (await Assert.ThrowsAsync<DirectoryLockedException>(
                async () => await WriteAheadLog.OpenAsync(_scratch.Sibling("other")))).Message,
            StringComparison.Ordinal);
    }

    private ServiceProvider Services()
    {
        ServiceCollection services = new();
        services.AddLogging();
        services.AddLogEngine("main", settings => settings.Embedded.Directory = _scratch.Path)
            .AddQueue("work")
            .AddTopic("events");
        return services.BuildServiceProvider();
    }

    private async Task AssertFreeAsync()
    {
        await using EmbeddedEngine again = await StorageEngine.OpenAsync(_scratch.Path);
        Assert.Equal(RecoveredTail.Sealed, again.Recovery.Tail);
    }

    private sealed class TakingService(
        StorageEngine engine,
        [FromKeyedServices("work")] DurableQueue queue,
        [FromKeyedServices("events")] Topic events,
        [FromKeyedServices("orders")] DocumentStore orders) : IHostedService
    {
        private readonly long _before = ((EmbeddedEngine)engine).DurableSequence + events.NextOffset + orders.Count;

        public async Task StartAsync(CancellationToken cancellationToken)
        {
            Assert.True(_before >= 0);
            await queue.EnqueueAsync(
                new QueueMessage("m"u8.ToArray()), cancellationToken: cancellationToken);
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
