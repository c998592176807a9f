namespace LogEngine.Cli.Stores;

/// <summary>Opens the engine that a store lives in, and the files of export and import.</summary>
internal static class StorePlace
{
    /// <summary>
    /// Opens it as the only one where something is put into it; else read-only, as it is now, also
    /// beside a writer: then it must be there.
    /// </summary>
    internal static ValueTask<StorageEngine> OpenAsync(
        string directory, bool create, CancellationToken cancellationToken) => create
        ? StorageEngine.OpenAsync(directory, options: null, cancellationToken)
        : EnginePlace.OpenReadOnlyAsync(directory, cancellationToken);

    /// <summary>Names of the stores of a kind.</summary>
    internal static IEnumerable<string> Names(StorageEngine engine, string kind) =>
        from keyspace in engine.ListKeyspaces()
        where keyspace.StartsWith(kind + "/", StringComparison.Ordinal)
        select keyspace[(kind.Length + 1)..];

    /// <summary>A file to read, or standard input.</summary>
    internal static Stream Input(ToolIO io, string? file) => file is null or "-"
        ? io.Input
        : new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read);

    /// <summary>
    /// A file to write, or standard output. A file that is there is not overwritten.
    /// </summary>
    internal static Stream Output(ToolIO io, string? file) => file is null or "-"
        ? io.Output
        : new FileStream(file, FileMode.CreateNew, FileAccess.Write);

    /// <summary>Gives a file back; standard streams stay open.</summary>
    internal static async ValueTask CloseAsync(Stream stream, string? file)
    {
        await stream.FlushAsync();
        if (file is not (null or "-"))
        {
            await stream.DisposeAsync();
        }
    }
}
