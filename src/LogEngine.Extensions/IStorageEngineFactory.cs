namespace LogEngine.Extensions;

/// <summary>
/// Opens engines of one kind for applications. The embedded one and the one in memory are there; the package
/// of another engine adds its own, <c>services.AddSingleton&lt;IStorageEngineFactory, ...&gt;()</c>, and an
/// application then chooses it by name: <see cref="LogEngineSettings.Engine"/>.
/// </summary>
/// <remarks>Thread-safe. Of two with one name the one that was added last is taken.</remarks>
public interface IStorageEngineFactory
{
    /// <summary>The name of the kind, as settings say it; upper and lower case are the same.</summary>
    string Kind { get; }

    /// <summary>
    /// What is wrong with an engine's settings, in sentences; nothing where they are right. Asked when the
    /// application starts, before anything is opened; it must open nothing.
    /// </summary>
    /// <param name="opening">The engine that is to be opened.</param>
    IEnumerable<string> Validate(EngineOpening opening);

    /// <summary>Opens an engine. The host closes it.</summary>
    /// <param name="opening">The engine that is to be opened; its settings are right.</param>
    /// <param name="cancellationToken">Ends when the application starts no more.</param>
    ValueTask<StorageEngine> OpenAsync(EngineOpening opening, CancellationToken cancellationToken);
}
