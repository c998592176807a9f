using Akka.Actor;
using Akka.Configuration;

namespace LogEngine.Akka.Persistence;

/// <summary>
/// The engines of an actor system's plugins: those of the application, and one for each directory, which is opened
/// when it is first needed and closed when the system has terminated.
/// </summary>
internal sealed class SystemEngines : IExtension
{
    private readonly ExtendedActorSystem _system;

    /// <summary>Guards the rest. Held while an engine is opened: whoever needs it as well has to wait anyway.</summary>
    private readonly Lock _gate = new();
    private readonly Dictionary<string, StorageEngine> _opened = new(StringComparer.Ordinal);
    private readonly Dictionary<(StorageEngine Engine, string Store), JournalState> _journals = [];
    private readonly Dictionary<(StorageEngine Engine, string Store), WorkByKey> _snapshots = [];
    private bool _closed;

    private SystemEngines(ExtendedActorSystem system)
    {
        _system = system;
        system.RegisterOnTermination(Close);
    }

    internal static SystemEngines Of(ActorSystem system) => system.WithExtension<SystemEngines, Provider>();

    /// <summary>
    /// The engine that a plugin's settings name. Blocks the calling thread, a plugin's own, while it is opened.
    /// </summary>
    /// <exception cref="ConfigurationException">They name no engine.</exception>
    internal StorageEngine Open(PluginSettings settings) => settings.Directory.Length > 0
        ? OpenDirectory(Path.GetFullPath(settings.Directory))
        : _system.Settings.Setup.Get<LogEngineSetup>() is { HasValue: true } setup
            && setup.Value.Find(settings.Engine) is { } engine
            ? engine
            : throw new ConfigurationException(
                $"No directory is set and the actor system has no engine '{settings.Engine}': set the directory of "
                + $"the plugin, or hand an engine over with {nameof(LogEngineSetup)} or "
                + $"{nameof(LogEnginePersistenceHostingExtensions.WithLogEnginePersistence)}.");

    /// <summary>What all who use a journal have in common; it outlives a restart of the plugin's actor.</summary>
    internal JournalState JournalOf(StorageEngine engine, string store)
    {
        lock (_gate)
        {
            if (!_journals.TryGetValue((engine, store), out JournalState? state))
            {
                state = new JournalState(engine.GetStoreKeyspace($"logengine/akka/journal/{store}"));
                _journals[(engine, store)] = state;
            }

            return state;
        }
    }

    /// <summary>The writes of a snapshot store that are on their way.</summary>
    internal WorkByKey SnapshotsOf(StorageEngine engine, string store)
    {
        lock (_gate)
        {
            if (!_snapshots.TryGetValue((engine, store), out WorkByKey? work))
            {
                work = new WorkByKey();
                _snapshots[(engine, store)] = work;
            }

            return work;
        }
    }

    private StorageEngine OpenDirectory(string directory)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            if (!_opened.TryGetValue(directory, out StorageEngine? engine))
            {
                engine = StorageEngine.OpenAsync(directory).AsTask().GetAwaiter().GetResult();
                _opened[directory] = engine;
            }

            return engine;
        }
    }

    private void Close()
    {
        StorageEngine[] opened;
        lock (_gate)
        {
            _closed = true;
            opened = [.. _opened.Values];
        }

        foreach (StorageEngine engine in opened)
        {
            engine.Dispose();
        }
    }

    private sealed class Provider : ExtensionIdProvider<SystemEngines>
    {
        public override SystemEngines CreateExtension(ExtendedActorSystem system) => new(system);
    }
}
