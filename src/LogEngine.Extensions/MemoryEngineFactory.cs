namespace LogEngine.Extensions;

/// <summary>Opens embedded engines in memory.</summary>
internal sealed class MemoryEngineFactory : IStorageEngineFactory
{
    public string Kind => LogEngineSettings.MemoryKind;

    public IEnumerable<string> Validate(EngineOpening opening)
    {
        if (opening.Settings.Embedded.Problem() is { } problem)
        {
            yield return problem;
        }
    }

    public ValueTask<StorageEngine> OpenAsync(
        EngineOpening opening, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        StorageEngineOptions options = opening.Settings.Embedded.ToOptions();
        return new ValueTask<StorageEngine>(StorageEngine.OpenInMemory(
            options with { LoggerFactory = options.LoggerFactory ?? opening.LoggerFactory }));
    }
}
