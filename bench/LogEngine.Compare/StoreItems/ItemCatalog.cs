namespace LogEngine.Compare.StoreItems;

/// <summary>The sides of the suite `stores` by their names.</summary>
internal static class ItemCatalog
{
    internal const string Put = "put";

    /// <summary>In the order in which they run.</summary>
    internal static IReadOnlyList<string> Names { get; } =
    [
        Put, "put-if-absent", "run-append", "run-append-next", "document-save", "checkpoint-save",
        "blob-put", "file-per-item",
    ];

    /// <summary>Ways through the engine's own calls, and the store that is closest to them.</summary>
    internal static IReadOnlyList<string> Commits { get; } =
        [Put, "batch-of-one", "compare-and-set", "run-append-next"];

    internal static async Task<IItemWriter> OpenAsync(
        string side, string directory, CompareOptions options) => side == "file-per-item"
            ? new FilePerItem(directory)
            : await StoreItemWriter.OpenAsync(side, directory, options);
}
