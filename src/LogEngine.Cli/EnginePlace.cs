namespace LogEngine.Cli;

/// <summary>Opens the engine of a command.</summary>
internal static class EnginePlace
{
    /// <summary>Opens it for writing, as the only one; it must be there.</summary>
    internal static ValueTask<EmbeddedEngine> OpenAsync(
        string directory, CancellationToken cancellationToken)
    {
        LogPlace.Require(directory, "storage engine");
        return StorageEngine.OpenAsync(
            directory, new StorageEngineOptions { CreateIfMissing = false }, cancellationToken);
    }

    /// <summary>Opens an engine, changes it, closes it, and then says a line about that.</summary>
    /// <param name="io">Where the line goes.</param>
    /// <param name="open">Opens the engine.</param>
    /// <param name="change">What to do; gives the line.</param>
    internal static async Task<int> ChangeAsync(
        ToolIO io, ValueTask<EmbeddedEngine> open, Func<EmbeddedEngine, Task<string>> change)
    {
        await using EmbeddedEngine engine = await open;
        string line = await change(engine);

        // What could not be made durable has not been done.
        await engine.CloseAsync();
        BufferedOutput.SayDone(io, line);
        return ExitCode.Sound;
    }

    /// <summary>A keyspace to look at, a store's too.</summary>
    internal static EmbeddedKeyspace KeyspaceOf(EmbeddedEngine engine, string name) =>
        StorageEngine.IsReservedName(name)
            ? engine.GetStoreKeyspace(name)
            : engine.GetKeyspace(name);

    /// <summary>Opens it as it is now, also beside a writer or in a backup; only reads.</summary>
    internal static ValueTask<EmbeddedEngine> OpenReadOnlyAsync(
        string directory, CancellationToken cancellationToken)
    {
        LogPlace.Require(directory, "storage engine");
        return StorageEngine.OpenAsync(
            directory,
            new StorageEngineOptions { ReadOnly = true, CacheBytes = 0 },
            cancellationToken);
    }
}
