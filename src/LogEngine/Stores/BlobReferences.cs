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
        BlobId id, string owner, Durability? durability, CancellationToken cancellationToken)
    {
        bool applied;
        do
        {
            WriteBatch batch = _engine.CreateBatch();
            await AddNowAsync(batch, id, KeyOf(id, owner)).ConfigureAwait(false);
            CommitResult result = await _engine
                .TryCommitAsync(batch, durability, cancellationToken).ConfigureAwait(false);
            applied = result.Applied;
        }
        while (!applied);
    }

    internal void Add(WriteBatch batch, BlobId id, string owner)
    {
        ArgumentNullException.ThrowIfNull(batch);
        byte[] key = KeyOf(id, owner);
        batch.Observe(new DecidedInBatch<bool>(open => AddNowAsync(open, id, key)));
    }

    private async ValueTask<bool> AddNowAsync(WriteBatch batch, BlobId id, byte[] key)
    {
        await RequireThereAsync(batch, id, CancellationToken.None).ConfigureAwait(false);
        Write(batch, id, key);
        return true;
    }

    /// <summary>The batch is written only if a blob is there, unless it puts it itself.</summary>
    /// <exception cref="StorageNotFoundException">There is no such blob.</exception>
    internal async ValueTask RequireThereAsync(
        WriteBatch batch, BlobId id, CancellationToken cancellationToken)
    {
        byte[] head = BlobKeys.Head(id);
        long version = await _keyspace.VersionOfAsync(head, cancellationToken)
            .ConfigureAwait(false);
        if (!BlobsInBatch.Of(batch, _keyspace).IsThere(id, version != 0))
        {
            throw new StorageNotFoundException($"There is no blob {id} to refer to.");
        }

        batch.RequireVersion(_keyspace, head, version);
    }

    /// <summary>Adds a reference to a blob that the batch itself writes or requires.</summary>
    internal void Write(WriteBatch batch, BlobId id, byte[] key)
    {
        batch.Put(_keyspace, key, default);
        batch.Put(_keyspace, BlobKeys.Touch(id), default);
    }

    internal void Remove(WriteBatch batch, BlobId id)
    {
        ScanRange all = BlobKeys.References(id);
        batch.DeleteRange(_keyspace, all.From.Span, all.To.Span);
        batch.Delete(_keyspace, BlobKeys.Touch(id));
    }

    /// <summary>Whether anything refers to a blob behind what a batch does.</summary>
    internal async ValueTask<bool> AnyAsync(
        KeyspaceReader reader, WriteBatch batch, BlobId id, CancellationToken cancellationToken)
    {
        ScanRange all = BlobKeys.References(id) with { KeysOnly = true };
        HashSet<string> removed = new(StringComparer.Ordinal);
        HashSet<string> added = new(StringComparer.Ordinal);
        for (int i = 0; i < batch.Count; i++)
        {
            WriteOperation operation = batch.GetOperation(i);
            if (!ReferenceEquals(operation.Keyspace, _keyspace)
                || !operation.Key.StartsWith(all.From.Span))
            {
                continue;
            }

            string key = Convert.ToHexString(operation.Key);
            bool isPut = operation.Kind == WriteOperationKind.Put;
            (isPut ? added : removed).Add(key);
            (isPut ? removed : added).Remove(key);
        }

        if (added.Count > 0)
        {
            return true;
        }

        using KeyScan scan = reader.Scan(all);
        while (await scan.MoveNextAsync(cancellationToken).ConfigureAwait(false))
        {
            if (!removed.Contains(Convert.ToHexString(scan.Key)))
            {
                return true;
            }
        }

        return false;
    }

    internal async IAsyncEnumerable<string> ListAsync(
        BlobId id,
        ReadView? view,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using KeyScan scan = StoreReader.Of(_keyspace, view)
            .Scan(BlobKeys.ReferencesOfOwners(id) with { KeysOnly = true });
        await foreach (KeyValueEntry entry in scan.ReadAllAsync(cancellationToken)
            .ConfigureAwait(false))
        {
            yield return BlobKeys.OwnerOf(entry.Key.Span);
        }
    }
}
