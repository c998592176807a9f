using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.Persistence.Query;
using Akka.Streams;
using Extension = Akka.Persistence.Persistence;

namespace LogEngine.AkkaTests;

/// <summary>An actor system whose plugins keep everything in an engine of the test's.</summary>
internal sealed class TestSystem : IAsyncDisposable
{
    private static int _number;

    private readonly StorageEngine? _ownEngine;
    private readonly ScratchDirectory? _scratch;

    private TestSystem(ActorSystem system, StorageEngine engine, StorageEngine? ownEngine, ScratchDirectory? scratch)
    {
        System = system;
        Engine = engine;
        _ownEngine = ownEngine;
        _scratch = scratch;
        Materializer = system.Materializer();
    }

    internal ActorSystem System { get; }

    internal StorageEngine Engine { get; }

    internal EmbeddedEngine Embedded => (EmbeddedEngine)Engine;

    internal ActorMaterializer Materializer { get; }

    internal IActorRef Journal => Extension.Instance.Apply(System).JournalFor(LogEnginePersistence.JournalId);

    internal IActorRef Snapshots =>
        Extension.Instance.Apply(System).SnapshotStoreFor(LogEnginePersistence.SnapshotStoreId);

    internal LogEngineReadJournal Queries =>
        System.ReadJournalFor<LogEngineReadJournal>(LogEngineReadJournal.Identifier);

    /// <summary>What is the default plugins' configuration, with the tagger.</summary>
    internal static Config Configuration() => ConfigurationFactory.ParseString(
        $$"""
        akka.loglevel = ERROR
        akka.actor.ask-timeout = 30s
        akka.persistence.journal {
          plugin = "{{LogEnginePersistence.JournalId}}"
          logengine {
            event-adapters.colours = "{{typeof(ColourTagger).AssemblyQualifiedName}}"
            event-adapter-bindings."System.String" = colours
            circuit-breaker.call-timeout = 60s
            recovery-event-timeout = 60s
          }
        }
        akka.persistence.snapshot-store {
          plugin = "{{LogEnginePersistence.SnapshotStoreId}}"
          logengine.circuit-breaker.call-timeout = 60s
        }
        """)
        .WithFallback(LogEnginePersistence.DefaultConfiguration());

    internal static ActorSystem StartSystem(StorageEngine? engine, string more = "")
    {
        Config config = ConfigurationFactory.ParseString(more).WithFallback(Configuration());
        ActorSystemSetup setup = ActorSystemSetup.Create(BootstrapSetup.Create().WithConfig(config));
        return ActorSystem.Create(
            $"test-{Interlocked.Increment(ref _number)}",
            engine is null ? setup : setup.And(new LogEngineSetup(engine)));
    }

    /// <summary>On a new engine in memory, or in files.</summary>
    internal static async Task<TestSystem> StartAsync(bool files = false, string more = "")
    {
        ScratchDirectory? scratch = files ? new ScratchDirectory() : null;
        EmbeddedEngine engine = scratch is null
            ? StorageEngine.OpenInMemory()
            : await StorageEngine.OpenAsync(scratch.Path);
        return new TestSystem(StartSystem(engine, more), engine, engine, scratch);
    }

    /// <summary>On an engine that stays open.</summary>
    internal static TestSystem StartOn(StorageEngine engine, string more = "") =>
        new(StartSystem(engine, more), engine, null, null);

    internal Mailbox NewMailbox() => new(System);

    internal IActorRef Start(string persistenceId) => System.StartRecorder(persistenceId);

    public async ValueTask DisposeAsync()
    {
        await System.Terminate().WaitAsync(TimeSpan.FromSeconds(60));
        if (_ownEngine is not null)
        {
            await _ownEngine.DisposeAsync();
        }

        _scratch?.Dispose();
    }
}
