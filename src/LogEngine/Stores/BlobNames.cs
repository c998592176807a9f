namespace LogEngine.Stores;

/// <summary>
/// Names of a <see cref="BlobStore"/>: each points at one blob, and keeps it from being collected
/// (<see cref="BlobStore.Names"/>).
/// </summary>
/// <remarks>
/// Thread-safe. A name is any text of 1 to 1,024 bytes of UTF-8; names are ordered by these bytes. Pointing a
/// name at another blob is one commit with the put: a reader, or a crash, sees the old blob or the new one. The
/// old one loses the name's reference; <see cref="BlobStore.CollectAsync"/> removes it where it has no other,
/// <see cref="BlobStore.DeleteUnreferenced"/> in the same batch.
/// </remarks>
public sealed class BlobNames
{
    private readonly StorageEngine _engine;
    private readonly Keyspace _keyspace;
    private readonly BlobPublisher _publisher;
    private readonly BlobPointers _pointers;
    private readonly BlobReads _reads;

    internal BlobNames(
        StorageEngine engine,
        Keyspace keyspace,
        BlobPublisher publisher,
        BlobPointers pointers,
        BlobReads reads)
    {
        _engine = engine;
        _keyspace = keyspace;
        _publisher = publisher;
        _pointers = pointers;
        _reads = reads;
    }

    /// <summary>Stores what a stream holds from where it stands, and points a name at it.</summary>
    /// <param name="name">1 to 1,024 bytes of UTF-8.</param>
    /// <param name="content">The content, read once, in pieces.</param>
    /// <param name="description">What is to be known of it.</param>
    /// <param name="durability">What the blob and its name survive when the call completes.</param>
    /// <param name="cancellationToken">Cancels reading and waiting, never a write admitted.</param>
    /// <exception cref="StoreNameException">The name is empty, too long, or no text.</exception>
    /// <inheritdoc cref="BlobStore.PutAsync(ReadOnlyMemory{byte}, BlobDescription, string?, Durability?, CancellationToken)" path="/exception"/>
    public async ValueTask<NamedBlob> PutAsync(
        string name,
        Stream content,
        BlobDescription description,
        Durability? durability = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(content);
        BlobPut put = await _publisher.PutAsync(
            content.ReadAsync, Checked(description), Place(name), durability, cancellationToken)
            .ConfigureAwait(false);
        return new NamedBlob(name, put.Blob.Id, put.Result.Version);
    }

    /// <summary>Stores content that is in memory, and points a name at it.</summary>
    /// <param name="name">1 to 1,024 bytes of UTF-8.</param>
    /// <param name="content">The content; it must not change until the call completes.</param>
    /// <param name="description">What is to be known of it.</param>
    /// <param name="durability">What the blob and its name survive when the call completes.</param>
    /// <param name="cancellationToken">Cancels the wait, never a write admitted.</param>
    /// <inheritdoc cref="PutAsync(string, Stream, BlobDescription, Durability?, CancellationToken)" path="/exception"/>
    public async ValueTask<NamedBlob> PutAsync(
        string name,
        ReadOnlyMemory<byte> content,
        BlobDescription description,
        Durability? durability = null,
        CancellationToken cancellationToken = default)
    {
        BlobPut put = await _publisher.PutAsync(
            content, Checked(description), Place(name), durability, cancellationToken)
            .ConfigureAwait(false);
        return new NamedBlob(name, put.Blob.Id, put.Result.Version);
    }

    /// <summary>Does the same only if the name still has a version; nothing is stored else.</summary>
    /// <param name="name">1 to 1,024 bytes of UTF-8.</param>
    /// <param name="content">The content, read once, in pieces.</param>
    /// <param name="description">What is to be known of it.</param>
    /// <param name="expectedVersion">The version it must have; 0: there must be no such name.</param>
    /// <param name="durability">What it, or the refusal, survives.</param>
    /// <param name="cancellationToken">Cancels reading and waiting, never a write admitted.</param>
    /// <returns>Whether it was pointed there, and the version made or in the way.</returns>
    /// <inheritdoc cref="PutAsync(string, Stream, BlobDescription, Durability?, CancellationToken)" path="/exception"/>
    public async ValueTask<ConditionalResult> TryPutAsync(
        string name,
        Stream content,
        BlobDescription description,
        long expectedVersion,
        Durability? durability = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(content);
        ArgumentOutOfRangeException.ThrowIfNegative(expectedVersion);
        return (await _publisher.PutAsync(
            content.ReadAsync,
            Checked(description),
            Place(name, expectedVersion),
            durability,
            cancellationToken).ConfigureAwait(false)).Result;
    }

    /// <summary>
    /// Lets a batch store content and point a name at it, copied at once. The batch conflicts if the name is
    /// pointed elsewhere, or the same content put or deleted, at the same time.
    /// </summary>
    /// <param name="batch">A batch of the same engine.</param>
    /// <param name="name">1 to 1,024 bytes of UTF-8.</param>
    /// <param name="content">The content; with all else in the batch at most 64 MiB.</param>
    /// <param name="description">What is to be known of it.</param>
    /// <exception cref="ArgumentException">The name, or a field of the description, is refused.</exception>
    public StoredBlob Put(
        WriteBatch batch, string name, ReadOnlySpan<byte> content, BlobDescription description)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return _publisher.Put(batch, content, Checked(description), Place(name));
    }

    /// <summary>Lets a batch publish what was streamed ahead, and point a name at it.</summary>
    /// <param name="batch">A batch of the same engine.</param>
    /// <param name="name">1 to 1,024 bytes of UTF-8.</param>
    /// <param name="staged">What was streamed into this store.</param>
    /// <param name="description">What is to be known of it.</param>
    /// <exception cref="ArgumentException">The name, or a field of the description, is refused.</exception>
    /// <exception cref="InvalidOperationException">It has been published already.</exception>
    public StoredBlob Put(
        WriteBatch batch, string name, StagedBlob staged, BlobDescription description)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return _publisher.Put(batch, staged, Checked(description), Place(name));
    }

    /// <summary>Points a name at a blob that is there.</summary>
    /// <param name="name">1 to 1,024 bytes of UTF-8.</param>
    /// <param name="id">The blob.</param>
    /// <param name="durability">What the name survives when the call completes.</param>
    /// <param name="cancellationToken">Cancels the wait, never a write that was admitted.</param>
    /// <exception cref="StorageNotFoundException">There is no such blob.</exception>
    /// <inheritdoc cref="RemoveAsync" path="/exception"/>
    public async ValueTask<NamedBlob> PointAsync(
        string name,
        BlobId id,
        Durability? durability = null,
        CancellationToken cancellationToken = default)
    {
        ConditionalResult pointed = await ChangeAsync(
            name,
            null,
            batch => _pointers.PointAtPresentAsync(batch, name, id, null, cancellationToken),
            durability,
            cancellationToken).ConfigureAwait(false);
        return new NamedBlob(name, id, pointed.Version);
    }

    /// <summary>Does the same only if the name still has a version.</summary>
    /// <param name="name">1 to 1,024 bytes of UTF-8.</param>
    /// <param name="id">The blob.</param>
    /// <param name="expectedVersion">The version it must have; 0: there must be no such name.</param>
    /// <param name="durability">What it, or the refusal, survives.</param>
    /// <param name="cancellationToken">Cancels the wait, never a write that was admitted.</param>
    /// <returns>Whether it was pointed there, and the version made or in the way.</returns>
    /// <inheritdoc cref="PointAsync" path="/exception"/>
    public ValueTask<ConditionalResult> TryPointAsync(
        string name,
        BlobId id,
        long expectedVersion,
        Durability? durability = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(expectedVersion);
        return ChangeAsync(
            name,
            expectedVersion,
            batch => _pointers.PointAtPresentAsync(
                batch, name, id, expectedVersion, cancellationToken),
            durability,
            cancellationToken);
    }

    /// <summary>
    /// Lets a batch point a name at a blob that is there, or that the batch puts before. The batch conflicts if
    /// the name is pointed elsewhere, or the blob deleted, at the same time.
    /// </summary>
    /// <param name="batch">A batch of the same engine.</param>
    /// <param name="name">1 to 1,024 bytes of UTF-8.</param>
    /// <param name="id">The blob; where there is none, the commit fails with a
    /// <see cref="StorageNotFoundException"/>.</param>
    public void Point(WriteBatch batch, string name, BlobId id)
    {
        ArgumentNullException.ThrowIfNull(batch);
        _ = BlobKeys.Name(name);
        batch.Observe(new DecidedInBatch<bool>(async open =>
        {
            await _pointers.PointAtPresentAsync(open, name, id, null, CancellationToken.None)
                .ConfigureAwait(false);
            return true;
        }));
    }

    /// <summary>The batch is written only if a name has a version; 0: only if there is none.</summary>
    /// <param name="batch">A batch of the same engine.</param>
    /// <param name="name">1 to 1,024 bytes of UTF-8.</param>
    /// <param name="version">The version.</param>
    public void RequireVersion(WriteBatch batch, string name, long version)
    {
        ArgumentNullException.ThrowIfNull(batch);
        batch.RequireVersion(_keyspace, BlobKeys.Name(name), version);
    }

    /// <summary>Which blob a name points at; null where there is no such name.</summary>
    /// <param name="name">1 to 1,024 bytes of UTF-8.</param>
    /// <param name="view">As of this view; null for now.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="StoreNameException">The name is empty, too long, or no text.</exception>
    /// <exception cref="CorruptionException">What it points at is damaged.</exception>
    /// <exception cref="UndecodableValueException">What it points at is sound, and no blob's id.</exception>
    public ValueTask<NamedBlob?> FindAsync(
        string name, ReadView? view = null, CancellationToken cancellationToken = default) =>
        _pointers.FindAsync(name, view, cancellationToken);

    /// <summary>The blob of a name with its bytes, all in memory; null where there is no such name.</summary>
    /// <exception cref="BlobDamagedException">It is damaged.</exception>
    /// <inheritdoc cref="FindAsync"/>
    public async ValueTask<Blob?> GetAsync(
        string name, ReadView? view = null, CancellationToken cancellationToken = default)
    {
        using ReadView? own = view is null
            ? await _engine.OpenReadViewAsync(cancellationToken).ConfigureAwait(false)
            : null;
        ReadView pinned = view ?? own!;
        return await FindAsync(name, pinned, cancellationToken).ConfigureAwait(false) is { } found
            ? await _reads.GetAsync(found.Id, pinned, cancellationToken).ConfigureAwait(false)
            : null;
    }

    /// <summary>
    /// The blob of a name as <see cref="BlobStore.OpenReadAsync"/> gives it; null where there is no such name.
    /// </summary>
    /// <exception cref="BlobDamagedException">It is damaged.</exception>
    /// <inheritdoc cref="FindAsync"/>
    public async ValueTask<Stream?> OpenReadAsync(
        string name, ReadView? view = null, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            NamedBlob? found = await FindAsync(name, view, cancellationToken).ConfigureAwait(false);
            if (found is null)
            {
                return null;
            }

            try
            {
                return await _reads.OpenReadAsync(found.Id, 0, null, view, cancellationToken)
                    .ConfigureAwait(false);
            }
            catch (StorageNotFoundException) when (view is null)
            {
                // Pointed elsewhere and collected between the two looks; what still points there is damage.
                if (await FindAsync(name, null, cancellationToken).ConfigureAwait(false) == found)
                {
                    throw;
                }
            }
        }
    }

    /// <summary>The names in order of their bytes, as of one moment, with what they point at.</summary>
    /// <param name="prefix">What they begin with; empty for all.</param>
    /// <param name="view">As of this view; null for now.</param>
    /// <param name="cancellationToken">Ends the listing.</param>
    /// <exception cref="StoreNameException">The prefix is too long, or no text.</exception>
    /// <exception cref="CorruptionException">What one of them points at is damaged.</exception>
    public IAsyncEnumerable<NamedBlob> ListAsync(
        string prefix = "", ReadView? view = null, CancellationToken cancellationToken = default) =>
        _pointers.ListAsync(prefix, view, cancellationToken);

    /// <summary>Removes a name; the blob stays, until it is collected.</summary>
    /// <param name="name">1 to 1,024 bytes of UTF-8.</param>
    /// <param name="durability">What the removal, or its being absent, survives.</param>
    /// <param name="cancellationToken">Cancels the wait, never a write that was admitted.</param>
    /// <returns>Whether there was such a name.</returns>
    /// <exception cref="StoreNameException">The name is empty, too long, or no text.</exception>
    /// <exception cref="StorageFullException">No space; nothing was written.</exception>
    /// <exception cref="StorageFaultedException">A write or a sync failed, now or before.</exception>
    public async ValueTask<bool> RemoveAsync(
        string name, Durability? durability = null, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            WriteBatch batch = _engine.CreateBatch();
            bool found = await _pointers.RemoveAsync(batch, name, null, cancellationToken)
                .ConfigureAwait(false);
            CommitResult result = await _engine
                .TryCommitAsync(batch, durability, cancellationToken).ConfigureAwait(false);
            if (result.Applied)
            {
                return found;
            }
        }
    }

    /// <summary>Removes a name only if it still has a version; the blob stays, until it is collected.</summary>
    /// <param name="name">1 to 1,024 bytes of UTF-8.</param>
    /// <param name="expectedVersion">The version it must have, from 1.</param>
    /// <param name="durability">What it, or the refusal, survives.</param>
    /// <param name="cancellationToken">Cancels the wait, never a write that was admitted.</param>
    /// <returns>Whether it was removed, and the version removed or in the way; 0 for none.</returns>
    /// <inheritdoc cref="RemoveAsync" path="/exception"/>
    public async ValueTask<ConditionalResult> TryRemoveAsync(
        string name,
        long expectedVersion,
        Durability? durability = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(expectedVersion, 1);
        ConditionalResult removed = await ChangeAsync(
            name,
            expectedVersion,
            async batch => await _pointers
                .RemoveAsync(batch, name, expectedVersion, cancellationToken).ConfigureAwait(false),
            durability,
            cancellationToken).ConfigureAwait(false);
        return removed.Applied ? new ConditionalResult(true, expectedVersion) : removed;
    }

    /// <summary>Lets a batch remove a name; none of it is no error.</summary>
    /// <param name="batch">A batch of the same engine.</param>
    /// <param name="name">1 to 1,024 bytes of UTF-8.</param>
    /// <returns>Whether there was such a name, known once the batch has been committed.</returns>
    public PendingValue<bool> Remove(WriteBatch batch, string name)
    {
        ArgumentNullException.ThrowIfNull(batch);
        _ = BlobKeys.Name(name);
        DecidedInBatch<bool> removed = new(open =>
            _pointers.RemoveAsync(open, name, null, CancellationToken.None));
        batch.Observe(removed);
        return removed.Value;
    }

    /// <summary>
    /// Commits a change of a name; again, from what is there then, unless another version than was expected is.
    /// </summary>
    private async ValueTask<ConditionalResult> ChangeAsync(
        string name,
        long? expectedVersion,
        Func<WriteBatch, ValueTask> add,
        Durability? durability,
        CancellationToken cancellationToken)
    {
        BlobPlace place = Place(name, expectedVersion);
        while (true)
        {
            WriteBatch batch = _engine.CreateBatch();
            await add(batch).ConfigureAwait(false);
            CommitResult result = await _engine
                .TryCommitAsync(batch, durability, cancellationToken).ConfigureAwait(false);
            if (result.Applied)
            {
                return new ConditionalResult(true, result.Sequences.Last);
            }

            if (place.IsRefusedBy(result.Conflict!))
            {
                return new ConditionalResult(false, result.Conflict!.Actual);
            }
        }
    }

    private static BlobDescription Checked(BlobDescription description)
    {
        BlobMetadataCodec.Check(description);
        return description;
    }

    private static BlobPlace Place(string name, long? expectedVersion = null)
    {
        _ = BlobKeys.Name(name);
        return new BlobPlace(Name: name, ExpectedVersion: expectedVersion);
    }
}
