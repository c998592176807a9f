using System.IO.Pipelines;

namespace LogEngine.Stores;

/// <summary>
/// Content-addressed blobs with metadata and references, in a keyspace of a
/// <see cref="StorageEngine"/>.
/// </summary>
/// <remarks>
/// <para>
/// Thread-safe; any number of objects may share a store. Content is stored once under its SHA-256;
/// bytes and metadata commit in one batch. Blobs of any size are read and written in pieces, with
/// memory for a few of them.
/// </para>
/// <para>
/// References have an owner's name, so adding or removing one twice is harmless;
/// <see cref="CollectAsync"/> removes what has none. Bytes: docs/stores.md.
/// </para>
/// </remarks>
public sealed class BlobStore
{
    private readonly StorageEngine _engine;
    private readonly Keyspace _keyspace;
    private readonly BlobReferences _references;
    private readonly BlobLookup _lookup;
    private readonly BlobPublisher _publisher;
    private readonly BlobRemoval _removal;
    private readonly BlobReads _reads;

    private BlobStore(
        StorageEngine engine, string name, Keyspace keyspace, BlobStoreOptions options)
    {
        _engine = engine;
        _keyspace = keyspace;
        _references = new BlobReferences(engine, keyspace);
        _lookup = new BlobLookup(keyspace, name);
        BlobPointers pointers = new(keyspace, _references);
        _publisher = new BlobPublisher(engine, keyspace, options, _references, pointers);
        _removal = new BlobRemoval(engine, keyspace, _lookup, _references, pointers);
        _reads = new BlobReads(engine, keyspace, _lookup);
        Name = name;
        Names = new BlobNames(engine, keyspace, _publisher, pointers, _reads);
    }

    /// <summary>The store's name.</summary>
    public string Name { get; }

    /// <summary>Names that point at blobs of it.</summary>
    public BlobNames Names { get; }

    /// <summary>
    /// Opens a store by its name, and sweeps what uploads have left that a crash interrupted. It
    /// comes into being with its first blob.
    /// </summary>
    internal static async ValueTask<BlobStore> OpenAsync(
        StorageEngine engine,
        string name,
        BlobStoreOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        options ??= new BlobStoreOptions();
        options.Validate();
        Keyspace keyspace = StoreNames.KeyspaceOf(engine, "blobs", name);
        await BlobPublisher.SweepAsync(engine, keyspace, cancellationToken).ConfigureAwait(false);
        return new BlobStore(engine, name, keyspace, options);
    }

    /// <summary>
    /// Stores content that is in memory; of content that is there only the metadata.
    /// </summary>
    /// <param name="content">The content; it must not change until the call completes.</param>
    /// <param name="description">
    /// What is to be known of it; it replaces what was said before.
    /// </param>
    /// <param name="owner">
    /// Whose reference is added to it in the same commit; null for none.
    /// </param>
    /// <param name="durability">What the blob survives when the call completes.</param>
    /// <param name="cancellationToken">Cancels reading and waiting, never a write admitted.</param>
    /// <exception cref="ArgumentException">
    /// A field of the description is out of its range.
    /// </exception>
    /// <exception cref="StorageFullException">No space; there is no blob of it.</exception>
    /// <exception cref="StoreDroppedException">
    /// The store was dropped meanwhile; nothing of the content is stored.
    /// </exception>
    /// <exception cref="StorageFaultedException">
    /// A write or a sync failed, now or before.
    /// </exception>
    public async ValueTask<StoredBlob> PutAsync(
        ReadOnlyMemory<byte> content,
        BlobDescription description,
        string? owner = null,
        Durability? durability = null,
        CancellationToken cancellationToken = default)
    {
        BlobMetadataCodec.Check(description);
        BlobReferences.Check(owner);
        return (await _publisher.PutAsync(
            content, description, new BlobPlace(owner), durability, cancellationToken)
            .ConfigureAwait(false)).Blob;
    }

    /// <summary>Stores what a stream holds from where it stands, read once, in pieces.</summary>
    /// <inheritdoc cref="PutAsync(ReadOnlyMemory{byte}, BlobDescription, string?, Durability?, CancellationToken)"/>
    public async ValueTask<StoredBlob> PutAsync(
        Stream content,
        BlobDescription description,
        string? owner = null,
        Durability? durability = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(content);
        BlobMetadataCodec.Check(description);
        BlobReferences.Check(owner);
        return (await _publisher.PutAsync(
            content.ReadAsync, description, new BlobPlace(owner), durability, cancellationToken)
            .ConfigureAwait(false)).Blob;
    }

    /// <summary>
    /// Stores what comes out of a pipe, read once, in pieces; the pipe stays open.
    /// </summary>
    /// <inheritdoc cref="PutAsync(ReadOnlyMemory{byte}, BlobDescription, string?, Durability?, CancellationToken)"/>
    public async ValueTask<StoredBlob> PutAsync(
        PipeReader content,
        BlobDescription description,
        string? owner = null,
        Durability? durability = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(content);
        Stream stream = content.AsStream(leaveOpen: true);
        await using (stream.ConfigureAwait(false))
        {
            return await PutAsync(stream, description, owner, durability, cancellationToken)
                .ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Adds a blob to a batch, copied at once. The batch conflicts if the same content is put or
    /// deleted at the same time: make it anew then.
    /// </summary>
    /// <param name="batch">A batch of the same engine.</param>
    /// <param name="content">The content; with all else in the batch at most 64 MiB.</param>
    /// <param name="description">What is to be known of it.</param>
    /// <param name="owner">Whose reference is added to it; null for none.</param>
    /// <exception cref="RecordTooLargeException">The batch would be too large.</exception>
    /// <exception cref="ArgumentException">
    /// A field of the description is out of its range.
    /// </exception>
    public StoredBlob Put(
        WriteBatch batch,
        ReadOnlySpan<byte> content,
        BlobDescription description,
        string? owner = null)
    {
        ArgumentNullException.ThrowIfNull(batch);
        BlobMetadataCodec.Check(description);
        BlobReferences.Check(owner);
        return _publisher.Put(batch, content, description, new BlobPlace(owner));
    }

    /// <summary>
    /// Streams content into the store, read once, in pieces, where nobody sees it: a batch publishes it
    /// (<see cref="Put(WriteBatch, StagedBlob, BlobDescription, string?)"/>, <see cref="BlobNames.Put(WriteBatch,
    /// string, StagedBlob, BlobDescription)"/>), with whatever else is in that.
    /// </summary>
    /// <param name="content">The content, from where it stands.</param>
    /// <param name="cancellationToken">Cancels it; nothing is left of it then.</param>
    /// <returns>What was streamed. Dispose it: what no batch has published is removed.</returns>
    /// <exception cref="StorageFullException">No space; there is nothing of it.</exception>
    /// <exception cref="StorageFaultedException">
    /// A write or a sync failed, now or before.
    /// </exception>
    public ValueTask<StagedBlob> StageAsync(
        Stream content, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(content);
        return _publisher.StageAsync(content.ReadAsync, cancellationToken);
    }

    /// <summary>
    /// Lets a batch publish what was streamed ahead. The batch conflicts if the same content is put or deleted
    /// at the same time: add it to a new one then.
    /// </summary>
    /// <param name="batch">A batch of the same engine.</param>
    /// <param name="staged">What was streamed into this store; not disposed before the commit is over.</param>
    /// <param name="description">What is to be known of it.</param>
    /// <param name="owner">Whose reference is added to it; null for none.</param>
    /// <exception cref="ArgumentException">
    /// A field of the description is out of its range, or it was staged in another store.
    /// </exception>
    /// <exception cref="InvalidOperationException">It has been published already.</exception>
    public StoredBlob Put(
        WriteBatch batch, StagedBlob staged, BlobDescription description, string? owner = null)
    {
        ArgumentNullException.ThrowIfNull(batch);
        BlobMetadataCodec.Check(description);
        BlobReferences.Check(owner);
        return _publisher.Put(batch, staged, description, new BlobPlace(owner));
    }

    /// <summary>Whether a blob is there, without reading it.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="view">Looks as of this view; null for now.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    public ValueTask<bool> ContainsAsync(
        BlobId id, ReadView? view = null, CancellationToken cancellationToken = default) =>
        StoreReader.Of(_keyspace, view).ContainsAsync(BlobKeys.Head(id), cancellationToken);

    /// <summary>What is known of a blob, without touching its bytes.</summary>
    /// <param name="id">The blob.</param>
    /// <param name="view">Reads as of this view; null for now.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="StorageNotFoundException">There is no such blob.</exception>
    /// <exception cref="BlobMetadataMissingException">It has bytes and no metadata.</exception>
    /// <exception cref="UndecodableValueException">Its metadata is sound, and none.</exception>
    /// <exception cref="BlobDamagedException">It is damaged.</exception>
    public async ValueTask<BlobMetadata> GetMetadataAsync(
        BlobId id, ReadView? view = null, CancellationToken cancellationToken = default) =>
        (await _lookup.LookUpAsync(id, view, cancellationToken).ConfigureAwait(false)).Metadata;

    /// <summary>
    /// A blob with its bytes, all of them in memory; see also <see cref="OpenReadAsync"/>.
    /// </summary>
    /// <exception cref="RecordTooLargeException">It is larger than an array can be.</exception>
    /// <inheritdoc cref="GetMetadataAsync"/>
    public ValueTask<Blob> GetAsync(
        BlobId id, ReadView? view = null, CancellationToken cancellationToken = default) =>
        _reads.GetAsync(id, view, cancellationToken);

    /// <summary>
    /// A blob, or a range of it, as a seekable stream that holds one piece in memory. It shows the
    /// blob as of now, also when that is deleted meanwhile: dispose it, it keeps alive what it
    /// reads. Damage is met, as <see cref="BlobDamagedException"/>, when it is reached.
    /// </summary>
    /// <param name="id">The blob.</param>
    /// <param name="offset">Where the range begins.</param>
    /// <param name="length">Its length; null for all to the end. Cut at the blob's end.</param>
    /// <param name="view">Reads as of this view, which must stay open; null for now.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="ArgumentOutOfRangeException">The range begins behind the end.</exception>
    /// <inheritdoc cref="GetMetadataAsync"/>
    public ValueTask<Stream> OpenReadAsync(
        BlobId id,
        long offset = 0,
        long? length = null,
        ReadView? view = null,
        CancellationToken cancellationToken = default) =>
        _reads.OpenReadAsync(id, offset, length, view, cancellationToken);

    /// <summary>Reads every byte of a blob and compares its hash.</summary>
    /// <inheritdoc cref="GetMetadataAsync"/>
    public ValueTask VerifyAsync(BlobId id, CancellationToken cancellationToken = default) =>
        _reads.VerifyAsync(id, cancellationToken);

    /// <summary>The blobs in order of their ids with their metadata, as of one moment.</summary>
    /// <param name="view">Lists as of this view; null for now.</param>
    /// <param name="cancellationToken">Ends the listing.</param>
    /// <inheritdoc cref="GetMetadataAsync"/>
    public IAsyncEnumerable<StoredBlob> ListAsync(
        ReadView? view = null, CancellationToken cancellationToken = default) =>
        _reads.ListAsync(view, cancellationToken);

    /// <summary>The ids in order, as of one moment; reads nothing from disk.</summary>
    /// <param name="view">Lists as of this view; null for now.</param>
    /// <param name="cancellationToken">Ends the listing.</param>
    public IAsyncEnumerable<BlobId> ListIdsAsync(
        ReadView? view = null, CancellationToken cancellationToken = default) =>
        _reads.ListIdsAsync(view, cancellationToken);

    /// <summary>Removes a blob: bytes, metadata, references, and the names that point at it.</summary>
    /// <param name="id">The blob; an unknown one is no error.</param>
    /// <param name="durability">What the removal survives when the call completes.</param>
    /// <param name="cancellationToken">Cancels the wait, never a write that was admitted.</param>
    /// <returns>Whether it was there.</returns>
    /// <exception cref="StorageFullException">No space; nothing was written.</exception>
    /// <exception cref="StorageFaultedException">
    /// A write or a sync failed, now or before.
    /// </exception>
    public ValueTask<bool> DeleteAsync(
        BlobId id,
        Durability? durability = null,
        CancellationToken cancellationToken = default) =>
        _removal.DeleteAsync(id, durability, cancellationToken);

    /// <summary>Removes a blob if nothing refers to it, no owner and no name.</summary>
    /// <returns>Whether it was removed: false where it is referred to, and where there is none.</returns>
    /// <exception cref="BlobMetadataMissingException">It has bytes and no metadata.</exception>
    /// <exception cref="UndecodableValueException">Its metadata is sound, and none.</exception>
    /// <exception cref="BlobDamagedException">Its head or metadata is damaged.</exception>
    /// <inheritdoc cref="DeleteAsync"/>
    public ValueTask<bool> DeleteUnreferencedAsync(
        BlobId id,
        Durability? durability = null,
        CancellationToken cancellationToken = default) =>
        _removal.DeleteUnreferencedAsync(id, durability, cancellationToken);

    /// <summary>
    /// Lets a batch remove a blob if nothing refers to it when the batch is committed, behind what came
    /// before in the same batch: such as the reference that it removes. The batch conflicts if the blob is
    /// put or referred to at the same time.
    /// </summary>
    /// <param name="batch">A batch of the same engine.</param>
    /// <param name="id">The blob; an unknown one is no error.</param>
    /// <returns>Whether it was removed, known once the batch has been committed.</returns>
    public PendingValue<bool> DeleteUnreferenced(WriteBatch batch, BlobId id)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return _removal.DeleteUnreferenced(batch, id);
    }

    /// <summary>
    /// Removes the blobs without a reference that were put last before a time: the time keeps those
    /// whose reference is still on its way. A blob that is put or referenced meanwhile stays, and
    /// so does one whose metadata cannot be read. Also sweeps what puts have left that could not
    /// clean up behind them.
    /// </summary>
    /// <param name="putBefore">Blobs put at or after it stay.</param>
    /// <param name="cancellationToken">Ends it between two blobs.</param>
    /// <exception cref="StorageFullException">No space; what was removed stays removed.</exception>
    /// <exception cref="StorageFaultedException">
    /// A write or a sync failed, now or before.
    /// </exception>
    public async ValueTask<BlobCollectionResult> CollectAsync(
        DateTimeOffset putBefore, CancellationToken cancellationToken = default)
    {
        long blobs = 0;
        long bytes = 0;
        await foreach (BlobId id in ListIdsAsync(null, cancellationToken).ConfigureAwait(false))
        {
            if (await _removal.TryCollectAsync(id, putBefore, cancellationToken)
                .ConfigureAwait(false) is { } freed)
            {
                blobs++;
                bytes += freed;
            }
        }

        await BlobPublisher.SweepAsync(_engine, _keyspace, cancellationToken).ConfigureAwait(false);
        await _engine.FlushAsync(cancellationToken).ConfigureAwait(false);
        return new BlobCollectionResult(blobs, bytes);
    }

    /// <summary>Adds an owner's reference to a blob; harmless where it is there.</summary>
    /// <param name="id">The blob.</param>
    /// <param name="owner">The owner's name: 1 to 1,024 bytes of UTF-8.</param>
    /// <param name="durability">What the reference survives when the call completes.</param>
    /// <param name="cancellationToken">Cancels the wait, never a write that was admitted.</param>
    /// <exception cref="StorageNotFoundException">There is no such blob.</exception>
    /// <exception cref="StoreNameException">The owner's name is refused.</exception>
    /// <exception cref="StorageFullException">No space; nothing was written.</exception>
    /// <exception cref="StorageFaultedException">
    /// A write or a sync failed, now or before.
    /// </exception>
    public ValueTask AddReferenceAsync(
        BlobId id,
        string owner,
        Durability? durability = null,
        CancellationToken cancellationToken = default) =>
        _references.AddAsync(id, owner, durability, cancellationToken);

    /// <summary>
    /// Adds an owner's reference to a batch, which conflicts if the blob is deleted first.
    /// </summary>
    /// <exception cref="StorageNotFoundException">There is no such blob.</exception>
    public void AddReference(WriteBatch batch, BlobId id, string owner) =>
        _references.Add(batch, id, owner);

    /// <summary>
    /// Removes an owner's reference; harmless where there is none. The blob stays.
    /// </summary>
    /// <param name="id">The blob.</param>
    /// <param name="owner">Who referred to it.</param>
    /// <param name="durability">What the removal survives when the call completes.</param>
    /// <param name="cancellationToken">Cancels the wait, never a write that was admitted.</param>
    /// <returns>Whether it was there.</returns>
    /// <exception cref="StoreNameException">The owner's name is refused.</exception>
    /// <exception cref="StorageFullException">No space; nothing was written.</exception>
    /// <exception cref="StorageFaultedException">
    /// A write or a sync failed, now or before.
    /// </exception>
    public async ValueTask<bool> RemoveReferenceAsync(
        BlobId id,
        string owner,
        Durability? durability = null,
        CancellationToken cancellationToken = default)
    {
        ConditionalResult removed = await _keyspace.TryDeleteAsync(
            BlobReferences.KeyOf(id, owner),
            durability: durability,
            cancellationToken: cancellationToken).ConfigureAwait(false);
        return removed.Applied;
    }

    /// <summary>Adds the removal of an owner's reference to a batch.</summary>
    public void RemoveReference(WriteBatch batch, BlobId id, string owner)
    {
        ArgumentNullException.ThrowIfNull(batch);
        batch.Delete(_keyspace, BlobReferences.KeyOf(id, owner));
    }

    /// <summary>The owners of references to a blob, in order of their names' bytes.</summary>
    public IAsyncEnumerable<string> ListReferencesAsync(
        BlobId id, ReadView? view = null, CancellationToken cancellationToken = default) =>
        _references.ListAsync(id, view, cancellationToken);
}
