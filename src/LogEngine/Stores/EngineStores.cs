namespace LogEngine.Stores;

/// <summary>Opens, lists and drops the stores of an engine, each kind the same way.</summary>
/// <remarks>
/// Thread-safe. A store need not exist: it is created by its first write, and until then is empty. Queues and
/// topics have the same methods in their namespaces.
/// </remarks>
public static class EngineStores
{
    /// <summary>A store of documents.</summary>
    /// <param name="engine">The engine that it is in.</param>
    /// <param name="name">1 to 1,008 bytes of UTF-8.</param>
    /// <param name="cancellationToken">Cancels before it is begun.</param>
    /// <exception cref="StoreNameException">The name is empty, too long or not valid text.</exception>
    /// <exception cref="ObjectDisposedException">The engine is closed.</exception>
    public static ValueTask<DocumentStore> OpenDocumentsAsync(
        this StorageEngine engine, string name, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new ValueTask<DocumentStore>(new DocumentStore(engine, name));
    }

    /// <summary>A log of runs.</summary>
    /// <inheritdoc cref="OpenDocumentsAsync"/>
    public static ValueTask<RunLog> OpenRunsAsync(
        this StorageEngine engine, string name, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new ValueTask<RunLog>(new RunLog(engine, name));
    }

    /// <summary>A store of checkpoints.</summary>
    /// <param name="engine">The engine that it is in.</param>
    /// <param name="name">1 to 1,008 bytes of UTF-8.</param>
    /// <param name="options">Options; all defaults where null.</param>
    /// <param name="cancellationToken">Cancels before it is begun.</param>
    /// <inheritdoc cref="OpenDocumentsAsync" path="/exception"/>
    public static ValueTask<CheckpointStore> OpenCheckpointsAsync(
        this StorageEngine engine,
        string name,
        CheckpointStoreOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new ValueTask<CheckpointStore>(
            new CheckpointStore(engine, name, options ?? new CheckpointStoreOptions()));
    }

    /// <summary>A store of blobs; removes what uploads that a crash has cut short have left.</summary>
    /// <param name="engine">The engine that it is in.</param>
    /// <param name="name">1 to 1,008 bytes of UTF-8.</param>
    /// <param name="options">Options; all defaults where null.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    /// <inheritdoc cref="OpenDocumentsAsync" path="/exception"/>
    public static ValueTask<BlobStore> OpenBlobsAsync(
        this StorageEngine engine,
        string name,
        BlobStoreOptions? options = null,
        CancellationToken cancellationToken = default) =>
        BlobStore.OpenAsync(engine, name, options, cancellationToken);

    /// <summary>Names of the stores of documents that were ever written to, in ordinal order.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="ObjectDisposedException">The engine is closed.</exception>
    public static ValueTask<IReadOnlyList<string>> ListDocumentsAsync(
        this StorageEngine engine, CancellationToken cancellationToken = default) =>
        StoreNames.ListAsync(engine, "documents/", "", cancellationToken);

    /// <summary>Names of the logs of runs that were ever written to, in ordinal order.</summary>
    /// <inheritdoc cref="ListDocumentsAsync"/>
    public static ValueTask<IReadOnlyList<string>> ListRunsAsync(
        this StorageEngine engine, CancellationToken cancellationToken = default) =>
        StoreNames.ListAsync(engine, "runs/", "", cancellationToken);

    /// <summary>Names of the stores of checkpoints that were ever written to, in ordinal order.</summary>
    /// <inheritdoc cref="ListDocumentsAsync"/>
    public static ValueTask<IReadOnlyList<string>> ListCheckpointsAsync(
        this StorageEngine engine, CancellationToken cancellationToken = default) =>
        StoreNames.ListAsync(engine, "checkpoints/", "", cancellationToken);

    /// <summary>Names of the stores of blobs that were ever written to, in ordinal order.</summary>
    /// <inheritdoc cref="ListDocumentsAsync"/>
    public static ValueTask<IReadOnlyList<string>> ListBlobsAsync(
        this StorageEngine engine, CancellationToken cancellationToken = default) =>
        StoreNames.ListAsync(engine, "blobs/", "", cancellationToken);

    /// <summary>Removes a store of documents with all that is in it.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="name">Its name.</param>
    /// <param name="durability">When the call completes; the engine's default where null.</param>
    /// <param name="cancellationToken">Cancels the wait, never a write that was admitted.</param>
    /// <returns>False where there was none.</returns>
    /// <inheritdoc cref="StorageEngine.DropKeyspaceAsync" path="/exception"/>
    public static ValueTask<bool> DropDocumentsAsync(
        this StorageEngine engine,
        string name,
        Durability? durability = null,
        CancellationToken cancellationToken = default) =>
        StoreNames.DropAsync(engine, "documents", name, durability, cancellationToken);

    /// <summary>Removes a log of runs with all that is in it.</summary>
    /// <inheritdoc cref="DropDocumentsAsync"/>
    public static ValueTask<bool> DropRunsAsync(
        this StorageEngine engine,
        string name,
        Durability? durability = null,
        CancellationToken cancellationToken = default) =>
        StoreNames.DropAsync(engine, "runs", name, durability, cancellationToken);

    /// <summary>Removes a store of checkpoints with all that is in it.</summary>
    /// <inheritdoc cref="DropDocumentsAsync"/>
    public static ValueTask<bool> DropCheckpointsAsync(
        this StorageEngine engine,
        string name,
        Durability? durability = null,
        CancellationToken cancellationToken = default) =>
        StoreNames.DropAsync(engine, "checkpoints", name, durability, cancellationToken);

    /// <summary>Removes a store of blobs with all that is in it.</summary>
    /// <inheritdoc cref="DropDocumentsAsync"/>
    public static ValueTask<bool> DropBlobsAsync(
        this StorageEngine engine,
        string name,
        Durability? durability = null,
        CancellationToken cancellationToken = default) =>
        StoreNames.DropAsync(engine, "blobs", name, durability, cancellationToken);
}
