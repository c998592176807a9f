using Akka.Actor.Setup;

namespace LogEngine.Akka.Persistence;

/// <summary>
/// Hands engines of the application's to the plugins of an actor system:
/// <c>BootstrapSetup.Create().WithConfig(config).And(new LogEngineSetup(engine))</c>.
/// </summary>
/// <remarks>
/// An engine belongs to the caller: it is open before the actor system starts, and closed after it has terminated.
/// Thread-safe.
/// </remarks>
public sealed class LogEngineSetup : Setup
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, StorageEngine> _engines = new(StringComparer.Ordinal);

    /// <summary>With the engine that plugins take which name none.</summary>
    /// <param name="engine">The engine.</param>
    public LogEngineSetup(StorageEngine engine) => With(DefaultName, engine);

    internal LogEngineSetup()
    {
    }

    /// <summary>The name of an engine where none is given: <c>default</c>.</summary>
    public static string DefaultName => "default";

    /// <summary>Adds an engine under a name, for the setting <c>engine</c> of a plugin; gives this setup.</summary>
    /// <param name="name">The name; an engine that has it already is replaced.</param>
    /// <param name="engine">The engine.</param>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    public LogEngineSetup With(string name, StorageEngine engine)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(engine);
        lock (_gate)
        {
            _engines[name] = engine;
        }

        return this;
    }

    internal StorageEngine? Find(string name)
    {
        lock (_gate)
        {
            return _engines.GetValueOrDefault(name);
        }
    }
}
