using System.Runtime.CompilerServices;

namespace LogEngine.Stores;

/// <summary>Names of blobs: each points at one blob, and is one of its references.</summary>
/// <remarks>
/// A pointer and its reference are written in one batch, which requires the pointer to be as it was seen. So at
/// every moment, and after every crash, each pointer has its reference and its blob, and each reference
/// of a name has its pointer.
/// </remarks>
internal sealed class BlobPointers
{
    private const byte Layout = 1;

    private readonly Keyspace _keyspace;
    private readonly BlobReferences _references;

    internal BlobPointers(Keyspace keyspace, BlobReferences references)
    {
        _keyspace = keyspace;
        _references = references;
    }

    /// <summary>Which blob a name points at; null where there is no such name.</summary>
    /// <exception cref="CorruptionException">The pointer is damaged.</exception>
    /// <exception cref="UndecodableValueException">It is sound, and none.</exception>
    internal async ValueTask<NamedBlob?> FindAsync(
        string name, ReadView? view, CancellationToken cancellationToken)
    {
        using StoredValue? value = await StoreReader.Of(_keyspace, view)
            .GetAsync(BlobKeys.Name(name), cancellationToken).ConfigureAwait(false);
        return value is null
            ? null
            : new NamedBlob(name, Decode(name, value.Memory.Span), value.Version);
    }

    internal async IAsyncEnumerable<NamedBlob> ListAsync(
        string prefix,
        ReadView? view,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using KeyScan scan = StoreReader.Of(_keyspace, view).Scan(BlobKeys.Names(prefix));
        await foreach (KeyValueEntry entry in scan.ReadAllAsync(cancellationToken)
            .ConfigureAwait(false))
        {
            string name = BlobKeys.NameOf(entry.Key.Span);
            yield return new NamedBlob(name, Decode(name, entry.Value.Span), entry.Info.Version);
        }
    }

    /// <summary>
    /// Points a name at a blob that the batch itself writes or requires. What it adds last is the pointer.
    /// </summary>
    internal async ValueTask PointAsync(
        WriteBatch batch,
        string name,
        BlobId id,
        long? expectedVersion,
        CancellationToken cancellationToken)
    {
        await LeaveAsync(batch, name, id, expectedVersion, cancellationToken).ConfigureAwait(false);
        _references.Write(batch, id, BlobKeys.NamedReference(id, name));
        FieldWriter fields = new(Layout);
        byte[] hash = new byte[BlobId.Size];
        id.CopyTo(hash);
        fields.WriteBytes(hash);
        batch.Put(_keyspace, BlobKeys.Name(name), fields.Written);
        BlobsInBatch.Of(batch, _keyspace).NotePointed(name, id);
    }

    /// <summary>Points a name at a blob that is there, or that the batch has put.</summary>
    /// <exception cref="StorageNotFoundException">There is no such blob.</exception>
    internal async ValueTask PointAtPresentAsync(
        WriteBatch batch,
        string name,
        BlobId id,
        long? expectedVersion,
        CancellationToken cancellationToken)
    {
        await _references.RequireThereAsync(batch, id, cancellationToken).ConfigureAwait(false);
        await PointAsync(batch, name, id, expectedVersion, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Removes a name; false where there is none, and then it requires that.</summary>
    internal async ValueTask<bool> RemoveAsync(
        WriteBatch batch, string name, long? expectedVersion, CancellationToken cancellationToken)
    {
        bool found = await LeaveAsync(batch, name, null, expectedVersion, cancellationToken)
            .ConfigureAwait(false);
        if (found)
        {
            batch.Delete(_keyspace, BlobKeys.Name(name));
            BlobsInBatch.Of(batch, _keyspace).NotePointed(name, null);
        }

        return found;
    }

    /// <summary>Removes all names of a blob that the batch removes.</summary>
    /// <param name="batch">The batch; it requires that no reference has been added since the look.</param>
    /// <param name="id">The blob.</param>
    /// <param name="cancellationToken">Ends the look.</param>
    internal async ValueTask RemoveAllAsync(
        WriteBatch batch, BlobId id, CancellationToken cancellationToken)
    {
        long touched = await _keyspace.VersionOfAsync(BlobKeys.Touch(id), cancellationToken)
            .ConfigureAwait(false);
        batch.RequireVersion(_keyspace, BlobKeys.Touch(id), touched);
        using KeyScan scan = _keyspace.Scan(BlobKeys.ReferencesOfNames(id) with { KeysOnly = true });
        await foreach (KeyValueEntry entry in scan.ReadAllAsync(cancellationToken)
            .ConfigureAwait(false))
        {
            await RemoveAsync(
                batch, BlobKeys.NameOfReference(entry.Key.Span), null, cancellationToken)
                .ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Removes the reference of the blob that a name points at, unless that stays; requires the pointer to be
    /// as it is, and as was expected.
    /// </summary>
    /// <returns>Whether there is such a name, the batch's own changes included.</returns>
    private async ValueTask<bool> LeaveAsync(
        WriteBatch batch,
        string name,
        BlobId? stays,
        long? expectedVersion,
        CancellationToken cancellationToken)
    {
        byte[] key = BlobKeys.Name(name);
        NamedBlob? there = null;
        long version;
        try
        {
            there = await FindAsync(name, null, cancellationToken).ConfigureAwait(false);
            version = there?.Version ?? 0;
        }
        catch (LogEngineException error)
            when (error is CorruptionException or UndecodableValueException)
        {
            // It can be replaced and removed. What it pointed at is not known, and keeps its reference.
            version = await _keyspace.VersionOfAsync(key, cancellationToken).ConfigureAwait(false);
        }

        if (expectedVersion is { } expected && expected != version)
        {
            // Refused by this one, which says what is there.
            batch.RequireVersion(_keyspace, key, expected);
        }

        batch.RequireVersion(_keyspace, key, version);
        BlobId? old = BlobsInBatch.Of(batch, _keyspace).PointedAt(name, there?.Id);
        if (old is { } left && left != stays)
        {
            batch.Delete(_keyspace, BlobKeys.NamedReference(left, name));
        }

        return old is not null || version != 0;
    }

    private static BlobId Decode(string name, ReadOnlySpan<byte> value)
    {
        try
        {
            FieldReader fields = new(value, Layout);
            ReadOnlySpan<byte> hash = fields.ReadBytes();
            fields.RequireEnd();
            return hash.Length == BlobId.Size
                ? new BlobId(hash)
                : throw new FormatException($"an id of {hash.Length} bytes");
        }
        catch (FormatException error)
        {
            throw new UndecodableValueException($"The blob that name '{name}' points at", error);
        }
    }
}
