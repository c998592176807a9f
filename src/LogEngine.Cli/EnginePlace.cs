using LogEngine.PostgreSql;

namespace LogEngine.Cli;

/// <summary>
/// Where a store is: a directory, or a database, which a connection string names. The one place in which a
/// command opens one.
/// </summary>
internal static class EnginePlace
{
    /// <summary>
    /// Whether it is a connection string: one that names a host. A directory of such a name can be given with
    /// its path, <c>./Host=a</c>.
    /// </summary>
    internal static bool IsDatabase(string place) => place.Split(';')
        .Select(part => part.Split('=', 2))
        .Any(part => part.Length == 2
            && part[0].Trim().ToUpperInvariant() is "HOST" or "SERVER");

    /// <summary>Opens it for writing, of a directory as the only one; it must be there.</summary>
    internal static async ValueTask<StorageEngine> OpenAsync(
        string place, CancellationToken cancellationToken) => IsDatabase(place)
            ? await OpenDatabaseAsync(place, create: false, cancellationToken)
            : await OpenDirectoryAsync(place, cancellationToken);

    /// <summary>Opens it for writing; what is not there is made.</summary>
    internal static async ValueTask<StorageEngine> OpenOrCreateAsync(
        string place, CancellationToken cancellationToken) => IsDatabase(place)
            ? await OpenDatabaseAsync(place, create: true, cancellationToken)
            : await StorageEngine.OpenAsync(place, cancellationToken: cancellationToken);

    /// <summary>Opens it as it is now, a directory also beside a writer or in a backup; only reads.</summary>
    internal static async ValueTask<StorageEngine> OpenReadOnlyAsync(
        string place, CancellationToken cancellationToken)
    {
        if (IsDatabase(place))
        {
            return await OpenDatabaseAsync(place, create: false, cancellationToken);
        }

        LogPlace.Require(place, "storage engine");
        return await StorageEngine.OpenAsync(
            place,
            new StorageEngineOptions { ReadOnly = true, CacheBytes = 0 },
            cancellationToken);
    }

    /// <summary>Opens the engine of a directory for writing, for what only files have.</summary>
    internal static ValueTask<EmbeddedEngine> OpenDirectoryAsync(
        string directory, CancellationToken cancellationToken)
    {
        LogPlace.Require(directory, "storage engine");
        return StorageEngine.OpenAsync(
            directory, new StorageEngineOptions { CreateIfMissing = false }, cancellationToken);
    }

    /// <summary>Opens an engine, changes it, closes it, and then says what was done.</summary>
    /// <param name="io">Where that goes.</param>
    /// <param name="asJson">Whether as JSON.</param>
    /// <param name="open">Opens the engine.</param>
    /// <param name="change">What to do; gives what to say.</param>
    internal static async Task<int> ChangeAsync<TEngine>(
        ToolIO io, bool asJson, ValueTask<TEngine> open, Func<TEngine, Task<Outcome>> change)
        where TEngine : StorageEngine
    {
        await using TEngine engine = await open;
        Outcome outcome = await change(engine);

        // What could not be made durable has not been done.
        await engine.CloseAsync();
        outcome.Say(io, asJson);
        return ExitCode.Sound;
    }

    /// <summary>A keyspace to look at, a store's too.</summary>
    internal static Keyspace KeyspaceOf(StorageEngine engine, string name) =>
        StorageEngine.IsReservedName(name)
            ? engine.GetStoreKeyspace(name)
            : engine.GetKeyspace(name);

    /// <summary>A command may take longer to read than a program's view may last.</summary>
    private static async ValueTask<StorageEngine> OpenDatabaseAsync(
        string connectionString, bool create, CancellationToken cancellationToken) =>
        await PostgreSqlEngine.OpenAsync(
            new PostgreSqlEngineOptions
            {
                ConnectionString = connectionString,
                InstallSchema = create,
                MaxViewTime = TimeSpan.FromDays(1),
            },
            cancellationToken);
}
