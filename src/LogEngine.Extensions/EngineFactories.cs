namespace LogEngine.Extensions;

/// <summary>The kinds of engines that an application has.</summary>
internal sealed class EngineFactories(IEnumerable<IStorageEngineFactory> factories)
{
    private readonly IStorageEngineFactory[] _factories = [.. factories];

    /// <exception cref="UnknownEngineException">There is no such kind.</exception>
    internal IStorageEngineFactory Of(string engine, string kind) =>
        _factories.LastOrDefault(
            factory => factory.Kind.Equals(kind, StringComparison.OrdinalIgnoreCase))
        ?? throw new UnknownEngineException(
            engine,
            kind,
            [
                .. _factories.Select(factory => factory.Kind)
                    .Distinct(StringComparer.OrdinalIgnoreCase).Order(StringComparer.Ordinal),
            ]);
}
