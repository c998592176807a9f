namespace LogEngine.Stores;

/// <summary>A name of a <see cref="BlobStore"/>, and the blob that it points at.</summary>
/// <param name="Name">The name.</param>
/// <param name="Id">The blob.</param>
/// <param name="Version">
/// Sequence of the write that pointed it there, to be required by the next one.
/// </param>
public sealed record NamedBlob(string Name, BlobId Id, long Version);
