using System.Buffers;

namespace LogEngine.Stores;

/// <summary>Fills memory from a source; 0 at its end.</summary>
internal delegate ValueTask<int> BlobSource(
    Memory<byte> into, CancellationToken cancellationToken);

/// <summary>
/// Content on its way into a store: read and hashed piece by piece. A small one stays in memory; of
/// a larger one the pieces are written ahead under the number of the upload, with a mark that says
/// that nothing refers to them. The batch that publishes the blob removes the mark, and what still
/// has one when the store is opened after a crash is swept.
/// </summary>
/// <remarks>
/// The pieces come before the batch in the log, so whatever it survives, they survive too. Used by
/// one call, one step after the other.
/// </remarks>
internal sealed class BlobUpload
{
    /// <summary>Pieces that are on their way at once.</summary>
    private const int InFlight = 7;

    private readonly StorageEngine _engine;
    private readonly Keyspace _keyspace;
    private readonly int _chunkBytes;
    private readonly BlobUploads _uploads;

    /// <summary>Version of the mark; 0 where there is none.</summary>
    private long _mark;

    internal BlobUpload(StorageEngine engine, Keyspace keyspace, int chunkBytes)
    {
        _engine = engine;
        _keyspace = keyspace;
        _chunkBytes = chunkBytes;
        _uploads = BlobUploads.Of(keyspace);
    }

    internal BlobId Id { get; private set; }

    internal BlobHead Head { get; private set; }

    /// <summary>The content, where it stayed in memory.</summary>
    internal ReadOnlyMemory<byte> Content { get; private set; }

    internal bool IsStaged => Head.Upload != 0;

    /// <summary>Takes content that is in memory.</summary>
    internal void Take(ReadOnlyMemory<byte> content)
    {
        Content = content;
        Id = BlobId.Of(content.Span);
        Head = new BlobHead(0, content.Length, _chunkBytes);
    }

    /// <summary>Reads a source to its end; what is larger than a piece is written ahead.</summary>
    internal async ValueTask ReadAsync(BlobSource source, CancellationToken cancellationToken)
    {
        byte[] first = ArrayPool<byte>.Shared.Rent(_chunkBytes);
        try
        {
            int length = await FillAsync(source, first, cancellationToken).ConfigureAwait(false);
            if (length < _chunkBytes)
            {
                Take(first.AsSpan(0, length).ToArray());
                return;
            }

            await StageAsync(source, first, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(first);
        }
    }

    /// <summary>
    /// Adds the pieces to the batch that publishes them, or what makes them published.
    /// </summary>
    internal void AddTo(WriteBatch batch)
    {
        if (IsStaged)
        {
            RemoveMark(batch);
            return;
        }

        for (long index = 0; index * _chunkBytes < Head.Length; index++)
        {
            batch.Put(
                _keyspace,
                Head.ChunkKey(Id, index),
                Content.Span.Slice((int)(index * _chunkBytes), Head.LengthOfChunk(index)));
        }
    }

    /// <summary>Adds the removal of what was written ahead: the content is there already.</summary>
    internal void DropIn(WriteBatch batch)
    {
        if (IsStaged)
        {
            RemoveMark(batch);
            Head.DeleteChunks(batch, _keyspace, Id);
        }
    }

    /// <summary>
    /// Whether the batch of a commit that did not apply would never apply: it requires the mark, and
    /// that is gone. Only a drop of the keyspace takes it away from an upload on its way, or where processes share
    /// an engine a sweep of another one after a day.
    /// </summary>
    internal bool IsLost(Conflict conflict) =>
        IsStaged && conflict.Key.Span.SequenceEqual(BlobKeys.Upload(Head.Upload));

    /// <summary>It is published, and nothing is left to be removed.</summary>
    internal void End()
    {
        if (IsStaged)
        {
            _uploads.End(Head.Upload);
        }
    }

    /// <summary>
    /// Removes what was written ahead, unless a batch published it meanwhile: the mark, which that
    /// removes, is the condition. What cannot be removed now is swept by the next collection or
    /// open.
    /// </summary>
    internal async ValueTask AbandonAsync()
    {
        try
        {
            if (_mark != 0
                && !await DropAsync(_engine, _keyspace, Head.Upload, _mark).ConfigureAwait(false)
                && !await IsPublishedAsync().ConfigureAwait(false))
            {
                // The keyspace was dropped meanwhile, and the mark with it: what was written after
                // that is there still.
                await DropPiecesAsync().ConfigureAwait(false);
            }
        }
        catch (Exception error) when (error is StorageFaultedException or StorageFullException
            or StorageIOException or StorageUnavailableException or UndeterminedCommitException
            or ObjectDisposedException)
        {
            // The caller is told of what came first.
        }
        finally
        {
            End();
        }
    }

    /// <summary>Removes an upload with its mark, if it still has that mark; else false.</summary>
    internal static async ValueTask<bool> DropAsync(
        StorageEngine engine, Keyspace keyspace, long upload, long mark)
    {
        byte[] key = BlobKeys.Upload(upload);
        WriteBatch batch = engine.CreateBatch();
        batch.RequireVersion(keyspace, key, mark);
        batch.Delete(keyspace, key);
        new BlobHead(upload, 0, 1).DeleteChunks(batch, keyspace, default);
        CommitResult result = await engine
            .TryCommitAsync(batch, Durability.ProcessCrash, CancellationToken.None)
            .ConfigureAwait(false);
        return result.Applied;
    }

    /// <summary>
    /// Whether a blob has these pieces. Asked after a commit that came behind all that this upload
    /// has written, so nothing of it is undecided.
    /// </summary>
    private async ValueTask<bool> IsPublishedAsync()
    {
        if (Id == default)
        {
            return false;
        }

        try
        {
            using StoredValue? head = await _keyspace.GetAsync(BlobKeys.Head(Id))
                .ConfigureAwait(false);
            return head is not null
                && BlobHead.Decode(Id, head.Memory.Span).Upload == Head.Upload;
        }
        catch (LogEngineException error)
            when (error is CorruptionException or BlobDamagedException)
        {
            // It may be, and then the pieces are all that is left of it.
            return true;
        }
    }

    private async ValueTask DropPiecesAsync()
    {
        WriteBatch batch = _engine.CreateBatch();
        Head.DeleteChunks(batch, _keyspace, Id);
        await _engine.CommitAsync(batch, Durability.ProcessCrash, CancellationToken.None)
            .ConfigureAwait(false);
    }

    private void RemoveMark(WriteBatch batch)
    {
        byte[] key = BlobKeys.Upload(Head.Upload);
        batch.RequireVersion(_keyspace, key, _mark);
        batch.Delete(_keyspace, key);
    }

    private async ValueTask StageAsync(
        BlobSource source, byte[] first, CancellationToken cancellationToken)
    {
        using Sha256 hash = new();
        hash.Append(first.AsSpan(0, _chunkBytes));

        // The number of an upload is the sequence of a write that serves no other purpose. If a
        // power loss takes that write back, it takes back everything of the upload, which came
        // later. Not cancelled: who leaves a write does not know what there is to remove.
        cancellationToken.ThrowIfCancellationRequested();
        long upload = await _keyspace
            .PutAsync(
                BlobKeys.Counter,
                default,
                Durability.None,
                cancellationToken: CancellationToken.None)
            .ConfigureAwait(false);
        _uploads.Begin(upload);
        Head = new BlobHead(upload, _chunkBytes, _chunkBytes);
        WriteBatch batch = _engine.CreateBatch();
        batch.Put(
            _keyspace,
            BlobKeys.Upload(upload),
            BlobUploads.EncodeMark(_engine.TimeProvider.GetUtcNow()));
        batch.Put(_keyspace, BlobKeys.StagedChunk(upload, 0), first.AsSpan(0, _chunkBytes));
        SequenceRange written = await _engine
            .CommitAsync(batch, Durability.ProcessCrash, CancellationToken.None)
            .ConfigureAwait(false);
        _mark = written.First;
        long length = await StageRestAsync(source, hash, upload, cancellationToken)
            .ConfigureAwait(false);
        Head = new BlobHead(upload, length, _chunkBytes);
        byte[] id = new byte[Sha256.Size];
        hash.Finish(id);
        Id = new BlobId(id);
    }

    /// <summary>
    /// Writes the pieces behind the first, some at once; gives the length of all.
    /// </summary>
    private async ValueTask<long> StageRestAsync(
        BlobSource source, Sha256 hash, long upload, CancellationToken cancellationToken)
    {
        long length = _chunkBytes;
        Queue<(Task<long> Write, byte[] Buffer)> pending = new();
        Stack<byte[]> free = new();
        byte[]? filling = null;
        try
        {
            for (long index = 1; ; index++)
            {
                filling = free.TryPop(out byte[]? used)
                    ? used
                    : ArrayPool<byte>.Shared.Rent(_chunkBytes);
                int count = await FillAsync(source, filling, cancellationToken).ConfigureAwait(false);
                if (count == 0)
                {
                    break;
                }

                hash.Append(filling.AsSpan(0, count));
                length += count;
                Task<long> put = StageAsync(upload, index, filling.AsMemory(0, count));
                pending.Enqueue((put, filling));
                filling = null;
                if (pending.Count == InFlight)
                {
                    (Task<long> write, byte[] buffer) = pending.Peek();
                    await write.ConfigureAwait(false);
                    pending.Dequeue();
                    free.Push(buffer);
                }
            }

            while (pending.TryPeek(out (Task<long> Write, byte[] Buffer) last))
            {
                await last.Write.ConfigureAwait(false);
                pending.Dequeue();
                free.Push(last.Buffer);
            }

            return length;
        }
        finally
        {
            if (filling is not null)
            {
                free.Push(filling);
            }

            // A buffer is read until its write is over; and what is removed next must be there by then.
            foreach ((Task<long> write, byte[] buffer) in pending)
            {
                await ((Task)write).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                free.Push(buffer);
            }

            foreach (byte[] buffer in free)
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }

    /// <summary>
    /// Not cancelled: on a server a write that was left could come behind the removal of the upload.
    /// </summary>
    private Task<long> StageAsync(long upload, long index, ReadOnlyMemory<byte> piece) =>
        _keyspace.PutAsync(
            BlobKeys.StagedChunk(upload, index),
            piece,
            Durability.ProcessCrash,
            cancellationToken: CancellationToken.None).AsTask();

    private async ValueTask<int> FillAsync(
        BlobSource source, byte[] buffer, CancellationToken cancellationToken)
    {
        int filled = 0;
        while (filled < _chunkBytes)
        {
            int count = await source(
                buffer.AsMemory(filled, _chunkBytes - filled), cancellationToken)
                .ConfigureAwait(false);
            if (count == 0)
            {
                break;
            }

            filled += count;
        }

        return filled;
    }
}
