namespace LogEngine.Extensions;

/// <summary>
/// An engine that was added with <c>AddLogEngine</c>, looked at without opening it and without waiting for it: for
/// what shows the engines of an application, whatever state they are in.
/// </summary>
/// <remarks>
/// Thread-safe. All of them are among the services, in the order in which they were added:
/// <c>services.GetServices&lt;RegisteredEngine&gt;()</c>.
/// </remarks>
public sealed class RegisteredEngine
{
    private readonly EngineHost _host;

    internal RegisteredEngine(EngineHost host) => _host = host;

    /// <summary>Its name: its key in the container.</summary>
    public string Name => _host.Name;

    /// <summary>How far it is at the moment.</summary>
    public EngineState State => _host.State;

    /// <summary>The engine while it is open; null else. It may be closed at any moment.</summary>
    public StorageEngine? Engine => _host.OpenEngine;

    /// <summary>Why opening it failed; null where it did not.</summary>
    public Exception? OpeningFailure => _host.OpeningFailure;
}
