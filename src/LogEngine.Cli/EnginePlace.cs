namespace LogEngine.Cli;

/// <summary>Opens the engine of a command.</summary>
internal static class EnginePlace
{
    /// <summary>Opens it for writing, as the only one; it must be there.</summary>
    internal static ValueTask<StorageEngine> OpenAsync(
        string directory, CancellationToken cancellationToken)
    {
        LogPlace.Require(directory, "storage engine");
        return StorageEngine.OpenAsync(
            directory, new StorageEngineOptions { CreateIfMissing = false }, cancellationToken);
    }

    /// <summary>Opens it as it is now, also beside a writer or in a backup; only reads.</summary>
    internal static ValueTask<StorageEngine> OpenReadOnlyAsync(
        string directory, CancellationToken cancellationToken)
    {
        LogPlace.Require(directory, "storage engine");
        return StorageEngine.OpenAsync(
            directory,
            new StorageEngineOptions { ReadOnly = true, CacheBytes = 0 },
            cancellationToken);
    }
}
