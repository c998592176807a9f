using System.Runtime.CompilerServices;

namespace LogEngine.Stores;

/// <summary>Reads and listings of blobs.</summary>
internal sealed class BlobReads
{
    private readonly StorageEngine _engine;
    private readonly Keyspace _keyspace;
    private readonly BlobLookup _lookup;

    internal BlobReads(StorageEngine engine, Keyspace keyspace, BlobLookup lookup)
    {
        _engine = engine;
        _keyspace = keyspace;
        _lookup = lookup;
    }

    /// <summary>A blob with its bytes.</summary>
    internal async ValueTask<Blob> GetAsync(
        BlobId id, ReadView? view, CancellationToken cancellationToken)
    {
        using ReadView? own = view is null
            ? await _engine.OpenReadViewAsync(cancellationToken).ConfigureAwait(false)
            : null;
        ReadView pinned = view ?? own!;
        (BlobHead head, BlobMetadata metadata) = await _lookup
            .LookUpAsync(id, pinned, cancellationToken).ConfigureAwait(false);
        if (head.Length > Array.MaxLength)
        {
            throw new RecordTooLargeException("Blob in bytes", head.Length, Array.MaxLength);
        }

        byte[] content = new byte[head.Length];
        Stream stream = _lookup.StreamOf(id, head, pinned, null, 0, head.Length);
        await using (stream.ConfigureAwait(false))
        {
            await stream.ReadExactlyAsync(content, cancellationToken).ConfigureAwait(false);
        }

        return BlobId.Of(content) == id
            ? new Blob(id, metadata, content)
            : throw new BlobDamagedException(id, "its content has another hash");
    }

    /// <summary>A blob, or a range of it, as a stream.</summary>
    internal async ValueTask<Stream> OpenReadAsync(
        BlobId id,
        long offset,
        long? length,
        ReadView? view,
        CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length ?? 0, nameof(length));
        ReadView? own = view is null
            ? await _engine.OpenReadViewAsync(cancellationToken).ConfigureAwait(false)
            : null;
        bool handedOver = false;
        try
        {
            (BlobHead head, _) = await _lookup.LookUpAsync(id, view ?? own, cancellationToken)
                .ConfigureAwait(false);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, head.Length);
            long range = Math.Min(length ?? long.MaxValue, head.Length - offset);
            Stream stream = _lookup.StreamOf(id, head, view ?? own!, own, offset, range);
            handedOver = true;
            return stream;
        }
        finally
        {
            if (!handedOver)
            {
                own?.Dispose();
            }
        }
    }

    /// <summary>Reads every byte of a blob and compares its hash.</summary>
    internal async ValueTask VerifyAsync(BlobId id, CancellationToken cancellationToken)
    {
        Stream stream = await OpenReadAsync(id, 0, null, null, cancellationToken)
            .ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            byte[] hash = await Sha256.HashAsync(stream, cancellationToken).ConfigureAwait(false);
            if (new BlobId(hash) != id)
            {
                throw new BlobDamagedException(id, "its content has another hash");
            }
        }
    }

    /// <summary>The blobs in order of their ids with their metadata, as of one moment.</summary>
    internal async IAsyncEnumerable<StoredBlob> ListAsync(
        ReadView? view, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using ReadView? own = view is null
            ? await _engine.OpenReadViewAsync(cancellationToken).ConfigureAwait(false)
            : null;
        ReadView pinned = view ?? own!;
        await foreach (BlobId id in ListIdsAsync(pinned, cancellationToken).ConfigureAwait(false))
        {
            yield return new StoredBlob(
                id,
                (await _lookup.LookUpAsync(id, pinned, cancellationToken).ConfigureAwait(false))
                    .Metadata);
        }
    }

    /// <summary>The ids in order, as of one moment.</summary>
    internal async IAsyncEnumerable<BlobId> ListIdsAsync(
        ReadView? view, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using KeyScan scan = StoreReader.Of(_keyspace, view)
            .Scan(BlobKeys.Heads with { KeysOnly = true });
        await foreach (KeyValueEntry entry in scan.ReadAllAsync(cancellationToken)
            .ConfigureAwait(false))
        {
            yield return BlobKeys.IdOf(entry.Key.Span);
        }
    }
}
