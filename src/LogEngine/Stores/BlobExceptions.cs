namespace LogEngine.Stores;

/// <summary>The bytes of a blob are there, and nothing that describes them.</summary>
/// <remarks>Both commit together, so no crash does this: something else removed it.</remarks>
public sealed class BlobMetadataMissingException : LogEngineException
{
    internal BlobMetadataMissingException(BlobId id)
        : base($"Blob {id} has bytes and no metadata; put it again to describe it.") => Id = id;

    /// <summary>The blob.</summary>
    public BlobId Id { get; }
}

/// <summary>
/// Bytes of a blob, or what describes them, are damaged or missing. The inner
/// <see cref="CorruptionException"/>, where there is one, names the place. Nothing damaged is ever
/// returned.
/// </summary>
public sealed class BlobDamagedException : LogEngineException
{
    internal BlobDamagedException(BlobId id, string reason, Exception? inner = null)
        : base($"Blob {id} is damaged: {reason}", inner) => Id = id;

    /// <summary>The blob.</summary>
    public BlobId Id { get; }
}

/// <summary>
/// The store was dropped while a blob was being put into it, or, on an engine that processes share, the put
/// took longer than a day. Nothing of the blob is stored; the same put works again.
/// </summary>
public sealed class StoreDroppedException : LogEngineException
{
    /// <summary>Names the store's keyspace.</summary>
    public StoreDroppedException(string keyspace)
        : base(
            $"The pieces of a blob that were written ahead are gone: the keyspace '{keyspace}' was dropped "
            + "meanwhile, or other processes share it and the put took longer than a day. Nothing of the "
            + "blob is stored; put it again.") =>
        Keyspace = keyspace;

    /// <summary>The keyspace that was dropped.</summary>
    public string Keyspace { get; }
}
