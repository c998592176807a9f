namespace LogEngine.Stores;

/// <summary>
/// Finds heads and metadata of blobs, and tells apart what can be wrong with them.
/// </summary>
internal sealed class BlobLookup
{
    private readonly Keyspace _keyspace;
    private readonly string _store;

    internal BlobLookup(Keyspace keyspace, string store)
    {
        _keyspace = keyspace;
        _store = store;
    }

    /// <exception cref="StorageNotFoundException">There is no such blob.</exception>
    /// <exception cref="BlobMetadataMissingException">It has bytes and no metadata.</exception>
    /// <exception cref="UndecodableValueException">Its metadata is sound, and none.</exception>
    /// <exception cref="BlobDamagedException">It is damaged.</exception>
    internal async ValueTask<(BlobHead Head, BlobMetadata Metadata)> LookUpAsync(
        BlobId id, ReadView? view, CancellationToken cancellationToken)
    {
        StoredValue?[] found;
        try
        {
            found = await StoreReader.Of(_keyspace, view).GetManyAsync(
                [BlobKeys.Head(id), BlobKeys.Metadata(id)], cancellationToken)
                .ConfigureAwait(false);
        }
        catch (CorruptionException error)
        {
            throw new BlobDamagedException(id, error.Message, error);
        }

        using StoredValue? head = found[0];
        using StoredValue? metadata = found[1];
        if (head is null)
        {
            throw new StorageNotFoundException($"There is no blob {id} in store '{_store}'.");
        }

        if (metadata is null)
        {
            throw new BlobMetadataMissingException(id);
        }

        return (
            BlobHead.Decode(id, head.Memory.Span),
            BlobMetadataCodec.Decode(id, metadata.Memory.Span));
    }

    /// <summary>The head of a blob; null where there is none.</summary>
    internal async ValueTask<StoredValue?> HeadOfAsync(
        BlobId id, CancellationToken cancellationToken)
    {
        try
        {
            return await _keyspace.GetAsync(BlobKeys.Head(id), cancellationToken)
                .ConfigureAwait(false);
        }
        catch (CorruptionException error)
        {
            throw new BlobDamagedException(id, error.Message, error);
        }
    }

    /// <summary>A stream over a range of a blob.</summary>
    internal BlobReadStream StreamOf(
        BlobId id, BlobHead head, ReadView view, ReadView? owned, long offset, long length) =>
        new(id, head, view.In(_keyspace), owned, offset, length);
}
