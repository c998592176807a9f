namespace LogEngine.Stores;

/// <summary>The way of content into a store.</summary>
internal sealed class BlobPublisher
{
    private readonly StorageEngine _engine;
    private readonly Keyspace _keyspace;
    private readonly BlobStoreOptions _options;
    private readonly BlobReferences _references;

    internal BlobPublisher(
        StorageEngine engine,
        Keyspace keyspace,
        BlobStoreOptions options,
        BlobReferences references)
    {
        _engine = engine;
        _keyspace = keyspace;
        _options = options;
        _references = references;
    }

    /// <summary>
    /// Drops uploads that nobody goes on with: of processes that are dead, and of this one where
    /// cleaning up failed.
    /// </summary>
    internal static async ValueTask SweepAsync(
        StorageEngine engine, Keyspace keyspace, CancellationToken cancellationToken)
    {
        BlobUploads uploads = BlobUploads.Of(keyspace);
        using KeyScan scan = keyspace.Scan(BlobKeys.Uploads with { KeysOnly = true });
        await foreach (KeyValueEntry entry in scan.ReadAllAsync(cancellationToken)
            .ConfigureAwait(false))
        {
            long upload = BlobKeys.UploadOf(entry.Key.Span);
            if (uploads.IsRunning(upload))
            {
                continue;
            }

            try
            {
                // One that was published since the scan began has no such mark any more.
                await BlobUpload.DropAsync(engine, keyspace, upload, entry.Info.Version)
                    .ConfigureAwait(false);
            }
            catch (StorageReadOnlyException)
            {
                // Leftovers are never shown; who opens it for writing sweeps them.
                return;
            }
        }
    }

    /// <summary>Stores what a source gives; nothing is left of it where that fails.</summary>
    internal async ValueTask<StoredBlob> PutAsync(
        BlobSource source,
        BlobDescription description,
        string? owner,
        Durability? durability,
        CancellationToken cancellationToken)
    {
        BlobUpload upload = new(_engine, _keyspace, _options.ChunkBytes);
        bool published = false;
        try
        {
            await upload.ReadAsync(source, cancellationToken).ConfigureAwait(false);
            StoredBlob reference = await PublishAsync(
                upload, description, owner, durability, cancellationToken).ConfigureAwait(false);
            published = true;
            upload.End();
            return reference;
        }
        finally
        {
            if (!published)
            {
                await upload.AbandonAsync().ConfigureAwait(false);
            }
        }
    }

    /// <summary>Stores content that is in memory.</summary>
    internal ValueTask<StoredBlob> PutAsync(
        ReadOnlyMemory<byte> content,
        BlobDescription description,
        string? owner,
        Durability? durability,
        CancellationToken cancellationToken)
    {
        if (content.Length > _options.ChunkBytes)
        {
            // A batch has room for 64 MiB; pieces that go ahead have no limit.
            return PutAsync(SourceOf(content), description, owner, durability, cancellationToken);
        }

        BlobUpload upload = new(_engine, _keyspace, _options.ChunkBytes);
        upload.Take(content);
        return PublishAsync(upload, description, owner, durability, cancellationToken);
    }

    /// <summary>Adds content that is in memory to a batch.</summary>
    internal StoredBlob Put(
        WriteBatch batch,
        ReadOnlySpan<byte> content,
        BlobDescription description,
        string? owner)
    {
        BlobUpload upload = new(_engine, _keyspace, _options.ChunkBytes);
        upload.Take(content.ToArray());
        BlobMetadata metadata = MetadataOf(upload, description);
        batch.Observe(new DecidedInBatch<bool>(async open =>
        {
            await AddAsync(open, upload, metadata, owner, CancellationToken.None)
                .ConfigureAwait(false);
            return true;
        }));
        return new StoredBlob(upload.Id, metadata);
    }

    private static BlobSource SourceOf(ReadOnlyMemory<byte> content)
    {
        ReadOnlyMemory<byte> rest = content;
        return (into, _) =>
        {
            int count = Math.Min(into.Length, rest.Length);
            rest[..count].CopyTo(into);
            rest = rest[count..];
            return new ValueTask<int>(count);
        };
    }

    private async ValueTask<StoredBlob> PublishAsync(
        BlobUpload upload,
        BlobDescription description,
        string? owner,
        Durability? durability,
        CancellationToken cancellationToken)
    {
        while (true)
        {
            WriteBatch batch = _engine.CreateBatch();
            BlobMetadata metadata = MetadataOf(upload, description);
            await AddAsync(batch, upload, metadata, owner, cancellationToken).ConfigureAwait(false);
            CommitResult result = await _engine
                .TryCommitAsync(batch, durability, cancellationToken).ConfigureAwait(false);
            if (result.Applied)
            {
                return new StoredBlob(upload.Id, metadata);
            }

            if (upload.IsLost(result.Conflict!))
            {
                throw new StoreDroppedException(_keyspace.Name);
            }
        }
    }

    /// <summary>
    /// Adds the blob, or only its metadata where the content is there, on the condition that this
    /// is still so.
    /// </summary>
    private BlobMetadata MetadataOf(BlobUpload upload, BlobDescription description) => new(
        description, upload.Head.Length, _options.TimeProvider.GetUtcNow().ToUniversalTime());

    private async ValueTask AddAsync(
        WriteBatch batch,
        BlobUpload upload,
        BlobMetadata metadata,
        string? owner,
        CancellationToken cancellationToken)
    {
        BlobId id = upload.Id;
        byte[] headKey = BlobKeys.Head(id);
        long version = await _keyspace.VersionOfAsync(headKey, cancellationToken)
            .ConfigureAwait(false);
        batch.RequireVersion(_keyspace, headKey, version);
        if (version == 0)
        {
            upload.AddTo(batch);
            batch.Put(_keyspace, headKey, upload.Head.Encode());
        }
        else
        {
            upload.DropIn(batch);
        }

        batch.Put(_keyspace, BlobKeys.Metadata(id), BlobMetadataCodec.Encode(metadata));
        if (owner is not null)
        {
            _references.Write(batch, id, BlobReferences.KeyOf(id, owner));
        }
    }
}
