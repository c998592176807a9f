namespace LogEngine.Extensions;

/// <summary>
/// What a configuration section says of an engine: its kind, and for each kind what is its own. Mutable, as
/// configuration binds it; checked when the application starts, before the engine is opened.
/// </summary>
public sealed class LogEngineSettings
{
    /// <summary>The kind of the engine that keeps its data in a directory: <c>embedded</c>.</summary>
    public const string EmbeddedKind = "embedded";

    /// <summary>The kind of the same engine in memory, gone when the application stops: <c>memory</c>.</summary>
    public const string MemoryKind = "memory";

    /// <summary>
    /// The kind of engine, <see cref="EmbeddedKind"/>, <see cref="MemoryKind"/> or that of an
    /// <see cref="IStorageEngineFactory"/> that was added; default <c>embedded</c>.
    /// </summary>
    public string Engine { get; set; } = EmbeddedKind;

    /// <summary>Of the kinds <c>embedded</c> and <c>memory</c>; other kinds do not look at it.</summary>
    public EmbeddedEngineSettings Embedded { get; set; } = new();
}
