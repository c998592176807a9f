namespace LogEngine.Stores;

/// <summary>
/// Content that has been streamed into a <see cref="BlobStore"/> and that nobody sees yet: a batch publishes it,
/// with whatever else is in that (<see cref="BlobStore.StageAsync"/>).
/// </summary>
/// <remarks>
/// Dispose it: what no batch has published is removed then. A crash before that leaves it to the next opening
/// of the store, or to <see cref="BlobStore.CollectAsync"/>. Not thread-safe.
/// </remarks>
public sealed class StagedBlob : IAsyncDisposable, IDisposable
{
    private readonly BlobUpload _upload;
    private readonly List<PendingValue<bool>> _batches = [];

    internal StagedBlob(Keyspace keyspace, BlobUpload upload)
    {
        Keyspace = keyspace;
        _upload = upload;
    }

    /// <summary>The id that the blob has.</summary>
    public BlobId Id => _upload.Id;

    /// <summary>Bytes of it.</summary>
    public long Length => _upload.Head.Length;

    /// <summary>A batch that it was added to has been committed.</summary>
    public bool IsPublished => _batches.Exists(batch => batch.IsKnown);

    internal Keyspace Keyspace { get; }

    internal ValueTask ReadAsync(BlobSource source, CancellationToken cancellationToken) =>
        _upload.ReadAsync(source, cancellationToken);

    /// <summary>Its content, for a batch that is to publish it.</summary>
    /// <exception cref="InvalidOperationException">It is published.</exception>
    internal BlobUpload Take(PendingValue<bool> published)
    {
        if (IsPublished)
        {
            throw new InvalidOperationException(
                $"Blob {Id} has been published; refer to it by its id.");
        }

        _batches.Add(published);
        return _upload;
    }

    /// <summary>Removes it, unless a batch has published it or is about to: both are safe. Idempotent.</summary>
    public async ValueTask DisposeAsync()
    {
        if (IsPublished)
        {
            _upload.End();
            return;
        }

        await _upload.AbandonAsync().ConfigureAwait(false);
    }

    /// <summary>As <see cref="DisposeAsync"/>, while the calling thread waits.</summary>
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();
}
