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
