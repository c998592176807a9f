namespace LogEngine.Cli.Stores;

/// <summary>Which stores there are, and the files of export and import.</summary>
internal static class StorePlace
{
    /// <exception cref="StorageNotFoundException">There is no store of that kind and name.</exception>
    internal static async ValueTask RequireAsync(
        StorageEngine engine, string kind, string store, CancellationToken cancellationToken)
    {
        if (!(await NamesAsync(engine, kind, cancellationToken)).Contains(store))
        {
            throw new StorageNotFoundException($"there is no store '{store}' of {kind}");
        }
    }

    /// <summary>Names of the stores of a kind.</summary>
    internal static async ValueTask<IEnumerable<string>> NamesAsync(
        StorageEngine engine, string kind, CancellationToken cancellationToken) =>
        from keyspace in await engine.ListKeyspacesAsync(cancellationToken)
        where keyspace.StartsWith(kind + "/", StringComparison.Ordinal)
        select keyspace[(kind.Length + 1)..];

    /// <summary>A file to read, or standard input.</summary>
    internal static Stream Input(ToolIO io, string? file) => file is null or "-"
        ? io.Input
        : new FileStream(NotAnOption(file), FileMode.Open, FileAccess.Read, FileShare.Read);

    /// <summary>An option that a verb does not have would else be the name of a file.</summary>
    internal static string NotAnOption(string file) =>
        file.StartsWith("--", StringComparison.Ordinal)
            ? throw new ArgumentException(
                $"there is no option '{Text.Escape(file)}'; write './{Text.Escape(file)}' for a file of that name")
            : file;

    /// <summary>
    /// Writes a file, or standard output. A file that is there is not overwritten; one that cannot be
    /// written to its end does not stay.
    /// </summary>
    internal static async Task WriteAsync(ToolIO io, string? file, Func<Stream, Task> write)
    {
        if (file is null or "-")
        {
            await write(io.Output);
            await io.Output.FlushAsync();
            return;
        }

        FileStream target = new(NotAnOption(file), FileMode.CreateNew, FileAccess.Write);
        bool whole = false;
        try
        {
            await using (target)
            {
                await write(target);
            }

            whole = true;
        }
        finally
        {
            if (!whole)
            {
                File.Delete(file);
            }
        }
    }
}
