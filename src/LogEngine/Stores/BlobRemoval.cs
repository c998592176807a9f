namespace LogEngine.Stores;

/// <summary>Removes blobs: by name, or because nothing refers to them.</summary>
internal sealed class BlobRemoval
{
    private readonly StorageEngine _engine;
    private readonly Keyspace _keyspace;
    private readonly BlobLookup _lookup;
    private readonly BlobReferences _references;

    internal BlobRemoval(
        StorageEngine engine, Keyspace keyspace, BlobLookup lookup, BlobReferences references)
    {
        _engine = engine;
        _keyspace = keyspace;
        _lookup = lookup;
        _references = references;
    }

    /// <summary>Removes a blob; false where there is none.</summary>
    internal async ValueTask<bool> DeleteAsync(
        BlobId id, Durability? durability, CancellationToken cancellationToken)
    {
        while (true)
        {
            using StoredValue? value = await _lookup.HeadOfAsync(id, cancellationToken)
                .ConfigureAwait(false);
            if (value is null)
            {
                return false;
            }

            WriteBatch batch = _engine.CreateBatch();
            batch.RequireVersion(_keyspace, BlobKeys.Head(id), value.Version);
            Remove(batch, id, BlobHead.Decode(id, value.Memory.Span));
            CommitResult result = await _engine
                .TryCommitAsync(batch, durability, cancellationToken).ConfigureAwait(false);
            if (result.Applied)
            {
                return true;
            }
        }
    }

    /// <summary>
    /// Removes a blob if nothing refers to it; its length, or null where it stays.
    /// </summary>
    internal async ValueTask<long?> TryCollectAsync(
        BlobId id, DateTimeOffset putBefore, CancellationToken cancellationToken)
    {
        using ReadView view = await _engine.OpenReadViewAsync(cancellationToken)
            .ConfigureAwait(false);
        KeyspaceReader reader = view.In(_keyspace);
        if (await BlobReferences.AnyAsync(reader, id, cancellationToken).ConfigureAwait(false))
        {
            return null;
        }

        BlobHead head;
        BlobMetadata metadata;
        try
        {
            (head, metadata) = await _lookup.LookUpAsync(id, view, cancellationToken)
                .ConfigureAwait(false);
        }
        catch (LogEngineException error) when (error is StorageNotFoundException
            or BlobMetadataMissingException or UndecodableValueException or BlobDamagedException)
        {
            return null;
        }

        if (metadata.StoredAt >= putBefore)
        {
            return null;
        }

        // Each of the three changes with a put or a reference that this look did not see.
        WriteBatch batch = _engine.CreateBatch();
        foreach (byte[] key in
            (byte[][])[BlobKeys.Head(id), BlobKeys.Metadata(id), BlobKeys.Touch(id)])
        {
            long version = await reader.VersionOfAsync(key, cancellationToken)
                .ConfigureAwait(false);
            batch.RequireVersion(_keyspace, key, version);
        }

        Remove(batch, id, head);
        CommitResult result = await _engine
            .TryCommitAsync(batch, Durability.ProcessCrash, cancellationToken)
            .ConfigureAwait(false);
        return result.Applied ? head.Length : null;
    }

    private void Remove(WriteBatch batch, BlobId id, BlobHead head)
    {
        batch.Delete(_keyspace, BlobKeys.Head(id));
        batch.Delete(_keyspace, BlobKeys.Metadata(id));
        head.DeleteChunks(batch, _keyspace, id);
        _references.Remove(batch, id);
    }
}
