namespace LogEngine.Stores;

/// <summary>Removes blobs: by name, or because nothing refers to them.</summary>
internal sealed class BlobRemoval
{
    private readonly StorageEngine _engine;
    private readonly Keyspace _keyspace;
    private readonly BlobLookup _lookup;
    private readonly BlobReferences _references;
    private readonly BlobPointers _pointers;

    internal BlobRemoval(
        StorageEngine engine,
        Keyspace keyspace,
        BlobLookup lookup,
        BlobReferences references,
        BlobPointers pointers)
    {
        _pointers = pointers;
        _engine = engine;
        _keyspace = keyspace;
        _lookup = lookup;
        _references = references;
    }

    /// <summary>Removes a blob with its names; false where there is none.</summary>
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
            await _pointers.RemoveAllAsync(batch, id, cancellationToken).ConfigureAwait(false);
            Remove(batch, id, BlobHead.Decode(id, value.Memory.Span));
            CommitResult result = await _engine
                .TryCommitAsync(batch, durability, cancellationToken).ConfigureAwait(false);
            if (result.Applied)
            {
                return true;
            }
        }
    }

    /// <summary>Removes a blob if nothing refers to it, whenever it was put.</summary>
    internal async ValueTask<bool> DeleteUnreferencedAsync(
        BlobId id, Durability? durability, CancellationToken cancellationToken)
    {
        while (true)
        {
            WriteBatch batch = _engine.CreateBatch();
            bool removes = await AddUnreferencedAsync(batch, id, null, cancellationToken)
                .ConfigureAwait(false) is not null;
            CommitResult result = await _engine
                .TryCommitAsync(batch, durability, cancellationToken).ConfigureAwait(false);
            if (result.Applied)
            {
                return removes;
            }
        }
    }

    /// <summary>Adds the same to a batch, decided when that is committed and by what is in it then.</summary>
    internal PendingValue<bool> DeleteUnreferenced(WriteBatch batch, BlobId id)
    {
        DecidedInBatch<bool> added = new(async open =>
            await AddUnreferencedAsync(open, id, null, CancellationToken.None)
                .ConfigureAwait(false) is not null);
        batch.Observe(added);
        return added.Value;
    }

    /// <summary>
    /// Removes a blob if nothing refers to it; its length, or null where it stays.
    /// </summary>
    internal async ValueTask<long?> TryCollectAsync(
        BlobId id, DateTimeOffset putBefore, CancellationToken cancellationToken)
    {
        WriteBatch batch = _engine.CreateBatch();
        long? length;
        try
        {
            length = await AddUnreferencedAsync(batch, id, putBefore, cancellationToken)
                .ConfigureAwait(false);
        }
        catch (LogEngineException error) when (error is StorageNotFoundException
            or BlobMetadataMissingException or UndecodableValueException or BlobDamagedException)
        {
            return null;
        }

        if (length is null)
        {
            return null;
        }

        CommitResult result = await _engine
            .TryCommitAsync(batch, Durability.ProcessCrash, cancellationToken)
            .ConfigureAwait(false);
        return result.Applied ? length : null;
    }

    /// <summary>
    /// Adds the removal of a blob that nothing refers to; gives its length, or null where it stays.
    /// </summary>
    /// <param name="batch">The batch; what it does to references counts.</param>
    /// <param name="id">The blob.</param>
    /// <param name="putBefore">Only if it was put last before this; null: whenever.</param>
    /// <param name="cancellationToken">Ends the look.</param>
    private async ValueTask<long?> AddUnreferencedAsync(
        WriteBatch batch,
        BlobId id,
        DateTimeOffset? putBefore,
        CancellationToken cancellationToken)
    {
        using ReadView view = await _engine.OpenReadViewAsync(cancellationToken)
            .ConfigureAwait(false);
        KeyspaceReader reader = view.In(_keyspace);
        long version = await reader.VersionOfAsync(BlobKeys.Head(id), cancellationToken)
            .ConfigureAwait(false);
        batch.RequireVersion(_keyspace, BlobKeys.Head(id), version);
        BlobsInBatch inBatch = BlobsInBatch.Of(batch, _keyspace);
        if (inBatch.IsPut(id)
            || !inBatch.IsThere(id, version != 0)
            || await _references.AnyAsync(reader, batch, id, cancellationToken)
                .ConfigureAwait(false))
        {
            return null;
        }

        (BlobHead head, BlobMetadata metadata) = await _lookup
            .LookUpAsync(id, view, cancellationToken).ConfigureAwait(false);
        if (metadata.StoredAt >= putBefore)
        {
            return null;
        }

        // Each of the two changes with a put or a reference that this look did not see, as the head does.
        foreach (byte[] key in (byte[][])[BlobKeys.Metadata(id), BlobKeys.Touch(id)])
        {
            long seen = await reader.VersionOfAsync(key, cancellationToken).ConfigureAwait(false);
            batch.RequireVersion(_keyspace, key, seen);
        }

        Remove(batch, id, head);
        inBatch.NoteRemoved(id);
        return head.Length;
    }

    private void Remove(WriteBatch batch, BlobId id, BlobHead head)
    {
        batch.Delete(_keyspace, BlobKeys.Head(id));
        batch.Delete(_keyspace, BlobKeys.Metadata(id));
        head.DeleteChunks(batch, _keyspace, id);
        _references.Remove(batch, id);
    }
}
