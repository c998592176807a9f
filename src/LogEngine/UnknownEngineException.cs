namespace LogEngine;

/// <summary>Settings name a kind of engine that this program does not have.</summary>
public sealed class UnknownEngineException : LogEngineException
{
    /// <summary>Names what was asked for, and what there is.</summary>
    /// <param name="engine">The name of the engine in the application.</param>
    /// <param name="kind">The kind that its settings name.</param>
    /// <param name="known">The kinds there are.</param>
    public UnknownEngineException(string engine, string kind, IReadOnlyList<string> known)
        : base(
            $"LogEngine '{engine}' is to be of kind '{kind}', which this program does not have; it has: "
            + $"{string.Join(", ", known)}. Correct the setting Engine, or add the package of that engine "
            + "and register it.")
    {
        Engine = engine;
        Kind = kind;
        Known = known;
    }

    /// <summary>The name of the engine in the application.</summary>
    public string Engine { get; }

    /// <summary>The kind that its settings name.</summary>
    public string Kind { get; }

    /// <summary>The kinds there are.</summary>
    public IReadOnlyList<string> Known { get; }
}
