using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using LogEngine.Awaiting;
using LogEngine.Log;

namespace LogEngine.Engine;

/// <summary>
/// Commits batches: gives their keyspaces ids, writes large values ahead, and appends the rest as one, judged
/// by its conditions where it has any.
/// </summary>
/// <remarks>Thread-safe. Which batch is committed once, and by whom, is its owner's matter.</remarks>
internal sealed class BatchWriter(
    Appender appender,
    CommittedIndex state,
    TimeProvider time,
    SpaceReserve reserve,
    ChunkWriter chunks,
    int groupCap)
{
    /// <summary>Larger values are written ahead.</summary>
    internal int ChunkBytes => chunks.ChunkBytes;

    /// <summary>Commits a batch: all operations in order, if every condition holds, or nothing.</summary>
    /// <param name="batch">The batch; nobody changes it any more.</param>
    /// <param name="durability">When it completes.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    internal async ValueTask<CommitResult> CommitAsync(
        BatchContent batch, Durability durability, CancellationToken cancellationToken)
    {
        while (true)
        {
            RootFacts facts = await CreateMissingAsync(batch, cancellationToken)
                .ConfigureAwait(false);
            Condition[]? conditions = batch.Resolve(facts);
            if (!batch.FreesOnly)
            {
                reserve.RequireSpace();
            }

            CommitResult? result = batch.Large.Count > 0
                ? await LetGoAsync(
                    CommitLargeAsync(batch, conditions, durability, cancellationToken),
                    cancellationToken).ConfigureAwait(false)
                : await AppendAsync(
                    batch, conditions, batch.Count, durability, cancellationToken)
                    .ConfigureAwait(false);
            if (result is { } known)
            {
                // Nobody who could still read it is left: it was neither cancelled nor did it fail.
                batch.Spend();
                return known;
            }

            // A keyspace was dropped on the way: again, so that the batch comes after the drop.
        }
    }

    /// <summary>Removes a keyspace with all its keys; false where there is none.</summary>
    internal async ValueTask<bool> DropAsync(
        KeyspaceName keyspace, Durability durability, CancellationToken cancellationToken)
    {
        if (!keyspace.TryResolve(state.Facts, out _))
        {
            return false;
        }

        BatchContent drop = new();
        drop.Drop(keyspace);
        await CommitAsync(drop, durability, cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <summary>Creates the keyspaces of a batch that do not exist; gives facts that know them all.</summary>
    private async ValueTask<RootFacts> CreateMissingAsync(
        BatchContent batch, CancellationToken cancellationToken)
    {
        while (true)
        {
            RootFacts facts = state.Facts;
            if (batch.MissingIn(facts) is not { } missing)
            {
                return facts;
            }

            await CreateKeyspacesAsync(missing, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Gives keyspaces their ids, unless they have them by then.</summary>
    /// <param name="names">Each once. As many as fit into a group are created by one commit.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    private async ValueTask CreateKeyspacesAsync(
        IReadOnlyList<string> names, CancellationToken cancellationToken)
    {
        if (state.Facts.Keyspaces.NextId >= uint.MaxValue - 1 - names.Count)
        {
            throw new InvalidOperationException("There are no ids left for keyspaces.");
        }

        for (int from = 0; from < names.Count;)
        {
            int to = from;
            for (long bytes = 0; to < names.Count; to++)
            {
                bytes += KeyspaceCreation.EncodedLength(names[to]);
                if (to > from && bytes > groupCap / 2)
                {
                    break;
                }
            }

            await appender.AppendLateAsync(
                new KeyspaceCreation(state, [.. names.Skip(from).Take(to - from)]),
                Durability.ProcessCrash,
                cancellationToken)
                .ConfigureAwait(false);
            from = to;
        }
    }

    /// <summary>Appends a batch whose keyspaces all have ids.</summary>
    /// <param name="batch">The caller's operations, and behind them those that publish chunks.</param>
    /// <param name="conditions">What must hold; null where nothing is to be judged.</param>
    /// <param name="count">How many of the operations are the caller's.</param>
    /// <param name="durability">When it completes.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>Null where a keyspace was dropped on the way: nothing was judged or written.</returns>
    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    private async ValueTask<CommitResult?> AppendAsync(
        BatchContent batch,
        Condition[]? conditions,
        int count,
        Durability durability,
        CancellationToken cancellationToken)
    {
        try
        {
            return await AppendOnceAsync(batch, conditions, count, durability, cancellationToken)
                .ConfigureAwait(false);
        }
        catch (StorageFullException) when (batch.FreesOnly && reserve.MayUse())
        {
            return await RetryAsync(batch, conditions, count, durability, cancellationToken)
                .ConfigureAwait(false);
        }
    }

    /// <summary>A removal, tried again; by itself, so that no commit pays for what it captures.</summary>
    private ValueTask<CommitResult?> RetryAsync(
        BatchContent batch,
        Condition[]? conditions,
        int count,
        Durability durability,
        CancellationToken cancellationToken) => reserve.InSpaceMadeAsync(
        () => AppendOnceAsync(batch, conditions, count, durability, cancellationToken));

    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    private async ValueTask<CommitResult?> AppendOnceAsync(
        BatchContent batch,
        Condition[]? conditions,
        int count,
        Durability durability,
        CancellationToken cancellationToken)
    {
        Durability level = EngineWriter.InLog(durability);
        SequenceRange written;
        if (conditions is null)
        {
            written = await appender.AppendBatchAsync(batch.Operations, level, cancellationToken)
                .ConfigureAwait(false);
        }
        else
        {
            ConditionalBatch judged = new(
                state, time, batch.Operations, conditions, batch.Sequenced);
            written = await appender.AppendLateAsync(judged, level, cancellationToken)
                .ConfigureAwait(false);
            if (judged.IsStale)
            {
                return null;
            }

            if (judged.Failed >= 0)
            {
                (KeyspaceName keyspace, byte[] key, long expected) = batch.Condition(judged.Failed);
                return new CommitResult(
                    false, default, new Conflict(keyspace.Name, key, expected, judged.Actual));
            }
        }

        SequenceRange own = new(written.First, written.First + count - 1);
        return new CommitResult(true, own, null);
    }

    /// <summary>
    /// Writes large values ahead and then the batch that refers to them. Cancelled between two
    /// values, never within a write: who leaves a write does not know what there is to remove.
    /// </summary>
    private async Task<CommitResult?> CommitLargeAsync(
        BatchContent batch,
        Condition[]? conditions,
        Durability durability,
        CancellationToken cancellationToken)
    {
        int count = batch.Count;
        List<long> sets = [];
        bool published = false;
        try
        {
            foreach ((int operation, byte[] value) in batch.Large)
            {
                if (cancellationToken.IsCancellationRequested)
                {
                    throw new AppendCanceledException(mayBeWritten: false, cancellationToken);
                }

                long set = chunks.NewSet();
                sets.Add(set);
                await chunks.WriteAsync(set, value).ConfigureAwait(false);
                BinaryPrimitives.WriteInt64LittleEndian(
                    batch.Operations.MutablePayload(operation)[^sizeof(long)..], set);
                ChunkWriter.AddPublished(batch.Operations, set);
            }

            CommitResult? result = await AppendAsync(
                batch, conditions, count, durability, CancellationToken.None)
                .ConfigureAwait(false);
            published = result is { Applied: true };
            return result;
        }
        finally
        {
            if (!published)
            {
                batch.Operations.CutTo(count);
                await DropChunksAsync(sets).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Removes what was written ahead for nothing.</summary>
    private async Task DropChunksAsync(List<long> sets)
    {
        try
        {
            foreach (long set in sets)
            {
                await chunks.DropAsync(set).ConfigureAwait(false);
            }
        }
        catch (Exception error) when (error is StorageFaultedException or StorageFullException
            or StorageIOException or ObjectDisposedException)
        {
            // Their marks say so, and the next open sweeps them. The caller hears what came first.
        }
    }

    /// <summary>
    /// Waits for a commit, or no longer where that is cancelled: it goes on, and removes what it
    /// wrote ahead where nothing comes of it.
    /// </summary>
    private static async ValueTask<CommitResult?> LetGoAsync(
        Task<CommitResult?> commit, CancellationToken cancellationToken)
    {
        if (!cancellationToken.CanBeCanceled || commit.IsCompleted)
        {
            return await commit.ConfigureAwait(false);
        }

        try
        {
            return await commit.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException error) when (error is not AppendCanceledException)
        {
            if (commit.IsCompleted)
            {
                return await commit.ConfigureAwait(false);
            }

            // Nobody hears of its end: that it failed is no news to anybody either.
            _ = commit.ContinueWith(
                static ended => ended.Exception,
                CancellationToken.None,
                TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default);
            throw new AppendCanceledException(mayBeWritten: true, cancellationToken);
        }
    }
}
