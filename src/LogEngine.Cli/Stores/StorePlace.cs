namespace LogEngine.Cli.Stores;

/// <summary>Opens the engine that a store lives in, and the files of export and import.</summary>
internal static class StorePlace
{
    /// <summary>
    /// Opens it as the only one; it must be there unless something is put into it.
    /// </summary>
    internal static ValueTask<StorageEngine> OpenAsync(
        string directory, bool create, CancellationToken cancellationToken)
    {
        if (!create)
        {
            LogPlace.Require(directory);
        }

        return StorageEngine.OpenAsync(
            directory, new StorageEngineOptions { CreateIfMissing = create }, cancellationToken);
    }

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
