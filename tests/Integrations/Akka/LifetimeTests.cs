using Akka.Configuration;
using Akka.Hosting;
using Akka.Persistence.Hosting;
using Akka.Persistence.Query;
using Akka.Streams;
using Akka.Streams.Dsl;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace LogEngine.AkkaTests;

/// <summary>Where the plugins of an actor system get their engines from, and who closes them.</summary>
public sealed class LifetimeTests
{
    [Fact]
    public async Task A_directory_of_the_configuration_is_one_engine_that_ends_with_the_system()
    {
        using ScratchDirectory scratch = new();
        string directories = $$"""
            akka.persistence {
              journal.logengine.directory = "{{scratch.Path}}"
              snapshot-store.logengine.directory = "{{scratch.Path}}/../log"
            }
            """;
        for (int round = 0; round < 2; round++)
        {
            ActorSystem system = TestSystem.StartSystem(null, directories);
            IActorRef recorder = system.StartRecorder("p");
            Assert.Equal(Enumerable.Range(0, round * 2).Select(number => $"{number}"), await recorder.TextsAsync());
            Assert.Equal(round * 2 + 1, await recorder.PersistAsync($"{round * 2}"));
            await recorder.SnapshotAsync();
            Assert.Equal(round * 2 + 2, await recorder.PersistAsync($"{round * 2 + 1}"));
            await Assert.ThrowsAsync<DirectoryLockedException>(
                async () => await StorageEngine.OpenAsync(
                    scratch.Path, new StorageEngineOptions { LockTimeout = TimeSpan.Zero }));
            await system.Terminate();
        }

        await using EmbeddedEngine engine = await StorageEngine.OpenAsync(scratch.Path);
        Assert.Equal(
            ["logengine/akka/journal/default", "logengine/akka/snapshots/default"], engine.ListKeyspaces());
    }

    [Fact]
    public async Task An_engine_of_the_application_stays_open()
    {
        await using EmbeddedEngine engine = StorageEngine.OpenInMemory();
        await using (TestSystem first = TestSystem.StartOn(engine))
        {
            IActorRef recorder = first.Start("p");
            await recorder.PersistAsync("1", "2");
            await recorder.SnapshotAsync();
            await recorder.PersistAsync("3");
            await recorder.StopNowAsync();
            Assert.Equal(["1", "2", "3"], await first.Start("p").TextsAsync());
        }

        await using TestSystem second = TestSystem.StartOn(engine);
        IActorRef again = second.Start("p");
        Assert.Equal(["1", "2", "3"], await again.TextsAsync());
        Assert.Equal(4, await again.PersistAsync("4"));
    }

    [Fact]
    public async Task A_host_sets_it_up_with_its_engine_and_checks_its_health()
    {
        await using EmbeddedEngine engine = StorageEngine.OpenInMemory();
        HostApplicationBuilder builder = Host.CreateApplicationBuilder();
        builder.Services.AddHealthChecks();
        builder.Services.AddSingleton<StorageEngine>(engine);
        builder.Services.AddAkka("hosted", (akka, services) => akka
            .WithLogEnginePersistence(
                services.GetRequiredService<StorageEngine>(),
                journalBuilder: journal => journal
                    .AddEventAdapter<ColourTagger>("colours", [typeof(string)])
                    .WithHealthCheck(),
                snapshotBuilder: snapshots => snapshots.WithHealthCheck()));
        using IHost host = builder.Build();
        await host.StartAsync();
        ActorSystem system = host.Services.GetRequiredService<ActorSystem>();
        IActorRef recorder = system.StartRecorder("p");
        await recorder.PersistAsync("a green one");
        await recorder.SnapshotAsync();
        LogEngineReadJournal queries = system.ReadJournalFor<LogEngineReadJournal>(LogEngineReadJournal.Identifier);
        Assert.Equal(
            "a green one",
            Assert.Single(await queries.CurrentEventsByTag("green").RunWith(
                Sink.Seq<EventEnvelope>(), system.Materializer())).Event);
        HealthReport health = await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync();
        Assert.True(health.Entries.Count >= 2, $"{health.Entries.Count} checks");
        Assert.Equal(HealthStatus.Healthy, health.Status);

        Assert.Equal(1, await engine.GetStoreKeyspace("logengine/akka/snapshots/default").CountAsync());
        await host.StopAsync();
        Assert.Equal(2, engine.ListKeyspaces().Count);
    }

    [Fact]
    public async Task A_host_has_several_journals_in_several_engines_and_stores()
    {
        using ScratchDirectory scratch = new();
        await using EmbeddedEngine one = StorageEngine.OpenInMemory();
        await using EmbeddedEngine other = StorageEngine.OpenInMemory();
        HostApplicationBuilder builder = Host.CreateApplicationBuilder();
        builder.Services.AddAkka("hosted", akka => akka
            .WithLogEnginePersistence(one, PersistenceMode.Journal)
            .WithLogEngine("other", other)
            .WithLogEnginePersistence(
                new LogEngineJournalOptions(isDefaultPlugin: false)
                {
                    Identifier = "billing",
                    Engine = "other",
                    Store = "bills",
                    Durability = Durability.ProcessCrash,
                    AllEvents = false,
                },
                snapshots: null)
            .WithLogEnginePersistence(
                journal: null, new LogEngineSnapshotOptions { Directory = scratch.Path }));
        using IHost host = builder.Build();
        await host.StartAsync();
        ActorSystem system = host.Services.GetRequiredService<ActorSystem>();
        IActorRef recorder = system.StartRecorder("p");
        await recorder.PersistAsync("1");
        await recorder.SnapshotAsync();
        Mailbox sender = new(system);
        IActorRef billing = global::Akka.Persistence.Persistence.Instance.Apply(system)
            .JournalFor("akka.persistence.journal.billing");
        billing.Tell(new WriteMessages([new AtomicWrite(new Persistent("bill", 1, "b"))], sender.Ref, 1));
        await sender.NextAsync<WriteMessagesSuccessful>();
        await host.StopAsync();

        Assert.Equal(["logengine/akka/journal/default"], one.ListKeyspaces());
        Assert.Equal(["logengine/akka/journal/bills"], other.ListKeyspaces());
        Assert.Equal(3, await other.GetStoreKeyspace("logengine/akka/journal/bills").CountAsync());
        await using EmbeddedEngine snapshots = await StorageEngine.OpenAsync(scratch.Path);
        Assert.Equal(["logengine/akka/snapshots/default"], snapshots.ListKeyspaces());
    }

    [Fact]
    public async Task A_plugin_without_an_engine_and_with_unknown_values_says_so()
    {
        ActorSystem system = TestSystem.StartSystem(null);
        Assert.Contains(
            "no engine 'default'",
            Assert.ThrowsAny<Exception>(() => Queries(system)).GetBaseException().Message,
            StringComparison.Ordinal);
        await system.Terminate();

        await using EmbeddedEngine engine = StorageEngine.OpenInMemory();
        system = TestSystem.StartSystem(engine, "akka.persistence.journal.logengine.durability = forever");
        Exception error = Assert.ThrowsAny<Exception>(() => Queries(system)).GetBaseException();
        Assert.IsType<ConfigurationException>(error);
        Assert.Contains("durability is 'forever'", error.Message, StringComparison.Ordinal);
        await system.Terminate();
    }

    private static LogEngineReadJournal Queries(ActorSystem system) =>
        system.ReadJournalFor<LogEngineReadJournal>(LogEngineReadJournal.Identifier);
}
