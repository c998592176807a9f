using System.Collections.Concurrent;

namespace LogEngine.Extensions;

/// <summary>Opens engines in directories.</summary>
internal sealed class EmbeddedEngineFactory : IStorageEngineFactory
{
    /// <summary>Which engine of this process has a directory, by its full path.</summary>
    private static readonly ConcurrentDictionary<string, string> _holders =
        new(StringComparer.Ordinal);

    public string Kind => LogEngineSettings.EmbeddedKind;

    public IEnumerable<string> Validate(EngineOpening opening)
    {
        EmbeddedEngineSettings settings = opening.Settings.Embedded;
        if (string.IsNullOrWhiteSpace(settings.Directory))
        {
            yield return $"no {nameof(LogEngineSettings.Embedded)}:{nameof(settings.Directory)} is set.";
        }

        if (settings.Problem() is { } problem)
        {
            yield return problem;
        }
    }

    public async ValueTask<StorageEngine> OpenAsync(
        EngineOpening opening, CancellationToken cancellationToken)
    {
        string path = Path.GetFullPath(opening.Settings.Embedded.Directory);
        StorageEngineOptions options = opening.Settings.Embedded.ToOptions();
        options = options with { LoggerFactory = options.LoggerFactory ?? opening.LoggerFactory };
        try
        {
            StorageEngine engine = await StorageEngine.OpenAsync(path, options, cancellationToken)
                .ConfigureAwait(false);
            if (!options.ReadOnly)
            {
                _holders[path] = opening.Name;
                engine.Stopping.UnsafeRegister(
                    static held => _holders.TryRemove((KeyValuePair<string, string>)held!),
                    KeyValuePair.Create(path, opening.Name));
            }

            return engine;
        }
        catch (DirectoryLockedException)
            when (_holders.TryGetValue(path, out string? holder))
        {
            throw new DirectoryLockedException(
                path,
                $"this process, as LogEngine '{holder}', and LogEngine '{opening.Name}' is set to the "
                + "same directory");
        }
    }
}
