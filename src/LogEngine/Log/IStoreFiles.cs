using LogEngine.Storage;

namespace LogEngine.Log;

/// <summary>What may be changed about the files of a store while its log is running.</summary>
/// <remarks>All members are thread-safe; manifest changes run one after the other.</remarks>
internal interface IStoreFiles
{
    /// <summary>Drawn when the store was created.</summary>
    Guid StoreId { get; }

    /// <summary>A number for a new file of its own.</summary>
    ulong DrawFileNumber();

    /// <summary>Lists these snapshots and no others; durable on return.</summary>
    /// <exception cref="StorageFullException">No space; nothing changed.</exception>
    /// <exception cref="StorageIOException">A file call failed; nothing changed.</exception>
    Task RetainAsync(IReadOnlyList<ManifestSnapshot> snapshots);

    /// <summary>
    /// Takes segments out of the live set, durably in both generations of the manifest; then their
    /// files are given away. Never the newest that holds a durable record.
    /// </summary>
    /// <exception cref="StorageFullException">No space; nothing changed.</exception>
    /// <exception cref="StorageIOException">A file call failed; nothing was given away.</exception>
    Task FreeAsync(IReadOnlySet<Segment> segments);
}
