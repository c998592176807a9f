namespace LogEngine.Stores;

/// <summary>What else a put does in the batch that publishes a blob.</summary>
/// <param name="Owner">Whose reference is added; null for none.</param>
/// <param name="Name">The name that is pointed at it; null for none.</param>
/// <param name="ExpectedVersion">The version that the name must have; null for any.</param>
internal readonly record struct BlobPlace(
    string? Owner = null, string? Name = null, long? ExpectedVersion = null)
{
    /// <summary>
    /// Whether a commit was refused because the name has another version than was expected. One that has that
    /// version by now was seen with another, and is looked at again.
    /// </summary>
    internal bool IsRefusedBy(Conflict conflict) => Name is not null
        && ExpectedVersion is { } expected
        && conflict.Actual != expected
        && conflict.Key.Span.SequenceEqual(BlobKeys.Name(Name));
}

/// <summary>What became of a put.</summary>
/// <param name="Blob">The blob.</param>
/// <param name="Result">Whether it was published, and the version of the name made or in the way.</param>
internal readonly record struct BlobPut(StoredBlob Blob, ConditionalResult Result);
