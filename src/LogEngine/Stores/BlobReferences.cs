using System.Runtime.CompilerServices;

namespace LogEngine.Stores;

/// <summary>References to blobs by their owners' names.</summary>
/// <remarks>
/// With each one the blob's touch is written anew, so that a collection, whose batch requires the
/// touch that it saw, is refused if a reference came after its look. References do not conflict
/// with one another.
/// </remarks>
internal sealed class BlobReferences
{
    private readonly StorageEngine _engine;
    private readonly Keyspace _keyspace;

    internal BlobReferences(StorageEngine engine, Keyspace keyspace)
    {
        _engine = engine;
        _keyspace = keyspace;
    }

    /// <exception cref="StoreNameException">It is a name, and refused.</exception>
    internal static void Check(string? owner)
    {
        if (owner is not null)
        {
            StoreNames.Encode(owner, "An owner's name", nameof(owner));
        }
    }

    internal static byte[] KeyOf(BlobId id, string owner) =>
        BlobKeys.Reference(id, StoreNames.Encode(owner, "An owner's name", nameof(owner)));

    internal async ValueTask AddAsync(
        BlobId id, string owner, Durability durability, CancellationToken cancellationToken)
    {
        bool applied;
        do
        {
            WriteBatch batch = _engine.CreateBatch();
            Add(batch, id, owner);
            CommitResult result = await _engine
                .TryCommitAsync(batch, durability, cancellationToken).ConfigureAwait(false);
            applied = result.Applied;
        }
        while (!applied);
    }

    internal void Add(WriteBatch batch, BlobId id, string owner)
    {
        ArgumentNullException.ThrowIfNull(batch);
        byte[] head = BlobKeys.Head(id);
        long version = new StoreReader(_keyspace, null).VersionOf(head);
        if (version == 0)
        {
            throw new NotFoundException($"There is no blob {id} to refer to.");
        }

        Write(batch, id, owner);
        batch.RequireVersion(_keyspace, head, version);
    }

    /// <summary>Adds a reference to a blob that the batch itself writes or requires.</summary>
    internal void Write(WriteBatch batch, BlobId id, string owner)
    {
        batch.Put(_keyspace, KeyOf(id, owner), default);
        batch.Put(_keyspace, BlobKeys.Touch(id), default);
    }

    internal void Remove(WriteBatch batch, BlobId id)
    {
        ScanRange all = BlobKeys.References(id);
        batch.DeleteRange(_keyspace, all.From.Span, all.To.Span);
        batch.Delete(_keyspace, BlobKeys.Touch(id));
    }

    internal static bool Any(StoreReader reader, BlobId id)
    {
        using KeyScan scan = reader.Scan(BlobKeys.References(id) with { KeysOnly = true });
        return scan.MoveNext();
    }

    internal async IAsyncEnumerable<string> ListAsync(
        BlobId id,
        ReadView? view,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using KeyScan scan = new StoreReader(_keyspace, view)
            .Scan(BlobKeys.References(id) with { KeysOnly = true });
        await foreach (KeyValueEntry entry in scan.ReadAllAsync(cancellationToken)
            .ConfigureAwait(false))
        {
            yield return BlobKeys.OwnerOf(entry.Key.Span);
        }
    }
}
