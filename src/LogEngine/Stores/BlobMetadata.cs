namespace LogEngine.Stores;

/// <summary>What a caller says of a blob.</summary>
/// <param name="MediaType">Such as "image/png"; 1 to 1,024 bytes of UTF-8.</param>
/// <param name="Width">Width in pixels; null where it has none.</param>
/// <param name="Height">Height in pixels; null where it has none.</param>
/// <param name="Label">A name for people; 1 to 1,024 bytes of UTF-8; null for none.</param>
public sealed record BlobDescription(
    string MediaType, int? Width = null, int? Height = null, string? Label = null);

/// <summary>What a store knows of a blob besides its bytes.</summary>
/// <param name="Description">What was said when it was put last.</param>
/// <param name="Length">Its bytes.</param>
/// <param name="StoredAt">When it was put last.</param>
public sealed record BlobMetadata(
    BlobDescription Description, long Length, DateTimeOffset StoredAt);

/// <summary>A blob in a store.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Metadata">What is known of it.</param>
public sealed record StoredBlob(BlobId Id, BlobMetadata Metadata);

/// <summary>A blob with its bytes.</summary>
/// <param name="id">Its id.</param>
/// <param name="metadata">What is known of it.</param>
/// <param name="content">Its bytes.</param>
public sealed class Blob(BlobId id, BlobMetadata metadata, ReadOnlyMemory<byte> content)
{
    /// <summary>Its id.</summary>
    public BlobId Id { get; } = id;

    /// <summary>What is known of it.</summary>
    public BlobMetadata Metadata { get; } = metadata;

    /// <summary>Its bytes; the caller owns them.</summary>
    public ReadOnlyMemory<byte> Content { get; } = content;
}

/// <summary>What a collection of unreferenced blobs removed.</summary>
/// <param name="Blobs">How many.</param>
/// <param name="Bytes">Their bytes; compaction of the engine frees the space.</param>
public readonly record struct BlobCollectionResult(long Blobs, long Bytes);
