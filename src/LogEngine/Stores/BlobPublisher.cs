namespace LogEngine.Stores;

/// <summary>The way of content into a store.</summary>
internal sealed class BlobPublisher
{
    private readonly StorageEngine _engine;
    private readonly Keyspace _keyspace;
    private readonly BlobStoreOptions _options;
    private readonly BlobReferences _references;
    private readonly BlobPointers _pointers;

    internal BlobPublisher(
        StorageEngine engine,
        Keyspace keyspace,
        BlobStoreOptions options,
        BlobReferences references,
        BlobPointers pointers)
    {
        _pointers = pointers;
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
        bool shared = engine.Capabilities.IsShared;
        DateTimeOffset now = engine.TimeProvider.GetUtcNow();
        using KeyScan scan = keyspace.Scan(BlobKeys.Uploads with { KeysOnly = !shared });
        await foreach (KeyValueEntry entry in scan.ReadAllAsync(cancellationToken)
            .ConfigureAwait(false))
        {
            long upload = BlobKeys.UploadOf(entry.Key.Span);
            if (uploads.IsRunning(upload)
                || (shared && !BlobUploads.IsOld(entry.Value.Span, now)))
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

    /// <summary>Streams what a source gives into the store, unseen; nothing is left of it where that fails.</summary>
    internal async ValueTask<StagedBlob> StageAsync(
        BlobSource source, CancellationToken cancellationToken)
    {
        StagedBlob staged = new(_keyspace, new BlobUpload(_engine, _keyspace, _options.ChunkBytes));
        bool isRead = false;
        try
        {
            await staged.ReadAsync(source, cancellationToken).ConfigureAwait(false);
            isRead = true;
            return staged;
        }
        finally
        {
            if (!isRead)
            {
                await staged.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    /// <summary>Stores what a source gives; nothing is left of it where that fails.</summary>
    internal async ValueTask<BlobPut> PutAsync(
        BlobSource source,
        BlobDescription description,
        BlobPlace place,
        Durability? durability,
        CancellationToken cancellationToken)
    {
        BlobUpload upload = new(_engine, _keyspace, _options.ChunkBytes);
        bool published = false;
        try
        {
            await upload.ReadAsync(source, cancellationToken).ConfigureAwait(false);
            BlobPut put = await PublishAsync(
                upload, description, place, durability, cancellationToken).ConfigureAwait(false);
            published = put.Result.Applied;
            if (published)
            {
                upload.End();
            }

            return put;
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
    internal ValueTask<BlobPut> PutAsync(
        ReadOnlyMemory<byte> content,
        BlobDescription description,
        BlobPlace place,
        Durability? durability,
        CancellationToken cancellationToken)
    {
        if (content.Length > _options.ChunkBytes)
        {
            // A batch has room for 64 MiB; pieces that go ahead have no limit.
            return PutAsync(SourceOf(content), description, place, durability, cancellationToken);
        }

        BlobUpload upload = new(_engine, _keyspace, _options.ChunkBytes);
        upload.Take(content);
        return PublishAsync(upload, description, place, durability, cancellationToken);
    }

    /// <summary>Adds content that is in memory to a batch.</summary>
    internal StoredBlob Put(
        WriteBatch batch,
        ReadOnlySpan<byte> content,
        BlobDescription description,
        BlobPlace place)
    {
        BlobUpload upload = new(_engine, _keyspace, _options.ChunkBytes);
        upload.Take(content.ToArray());
        return Put(batch, upload, new PendingValue<bool>(), description, place);
    }

    /// <summary>Adds content that was streamed ahead to a batch.</summary>
    internal StoredBlob Put(
        WriteBatch batch, StagedBlob staged, BlobDescription description, BlobPlace place)
    {
        ArgumentNullException.ThrowIfNull(staged);
        if (!ReferenceEquals(staged.Keyspace, _keyspace))
        {
            throw new ArgumentException("The content was staged in another store.", nameof(staged));
        }

        PendingValue<bool> published = new();
        return Put(batch, staged.Take(published), published, description, place);
    }

    private StoredBlob Put(
        WriteBatch batch,
        BlobUpload upload,
        PendingValue<bool> published,
        BlobDescription description,
        BlobPlace place)
    {
        BlobMetadata metadata = MetadataOf(upload, description);
        batch.Observe(new DecidedInBatch<bool>(
            async open =>
            {
                await AddAsync(open, upload, metadata, place, CancellationToken.None)
                    .ConfigureAwait(false);
                return true;
            },
            published));
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

    private async ValueTask<BlobPut> PublishAsync(
        BlobUpload upload,
        BlobDescription description,
        BlobPlace place,
        Durability? durability,
        CancellationToken cancellationToken)
    {
        while (true)
        {
            WriteBatch batch = _engine.CreateBatch();
            BlobMetadata metadata = MetadataOf(upload, description);
            await AddAsync(batch, upload, metadata, place, cancellationToken).ConfigureAwait(false);
            CommitResult result = await _engine
                .TryCommitAsync(batch, durability, cancellationToken).ConfigureAwait(false);
            if (result.Applied)
            {
                // Where a name is pointed at it, that comes last.
                return new BlobPut(
                    new StoredBlob(upload.Id, metadata),
                    new ConditionalResult(true, result.Sequences.Last));
            }

            Conflict conflict = result.Conflict!;
            if (place.IsRefusedBy(conflict))
            {
                return new BlobPut(
                    new StoredBlob(upload.Id, metadata),
                    new ConditionalResult(false, conflict.Actual));
            }

            if (upload.IsLost(conflict))
            {
                throw new StoreDroppedException(_keyspace.Name);
            }
        }
    }

    private BlobMetadata MetadataOf(BlobUpload upload, BlobDescription description) => new(
        description, upload.Head.Length, _options.TimeProvider.GetUtcNow().ToUniversalTime());

    /// <summary>
    /// Adds the blob, or only its metadata where the content is there, on the condition that this
    /// is still so.
    /// </summary>
    private async ValueTask AddAsync(
        WriteBatch batch,
        BlobUpload upload,
        BlobMetadata metadata,
        BlobPlace place,
        CancellationToken cancellationToken)
    {
        BlobId id = upload.Id;
        byte[] headKey = BlobKeys.Head(id);
        long version = await _keyspace.VersionOfAsync(headKey, cancellationToken)
            .ConfigureAwait(false);
        batch.RequireVersion(_keyspace, headKey, version);
        BlobsInBatch inBatch = BlobsInBatch.Of(batch, _keyspace);
        if (inBatch.IsThere(id, version != 0))
        {
            upload.DropIn(batch);
        }
        else
        {
            upload.AddTo(batch);
            batch.Put(_keyspace, headKey, upload.Head.Encode());
        }

        inBatch.NotePut(id);
        batch.Put(_keyspace, BlobKeys.Metadata(id), BlobMetadataCodec.Encode(metadata));
        if (place.Owner is { } owner)
        {
            _references.Write(batch, id, BlobReferences.KeyOf(id, owner));
        }

        if (place.Name is { } name)
        {
            await _pointers.PointAsync(batch, name, id, place.ExpectedVersion, cancellationToken)
                .ConfigureAwait(false);
        }
    }
}
