using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using LogEngine.Awaiting;
using LogEngine.Format;
using LogEngine.Log;

namespace LogEngine.Engine;

/// <summary>The way of a write from the façade into the log.</summary>
internal sealed class EngineWriter
{
    /// <summary>Tries of a removal on a full disk, with compaction in between.</summary>
    private const int MostTries = 4;

    private readonly Appender _appender;
    private readonly CommittedIndex _state;
    private readonly TimeProvider _time;
    private readonly string _directory;
    private readonly SpaceReserve _reserve;
    private readonly int _groupCap;

    internal EngineWriter(
        Appender appender,
        CommittedIndex state,
        TimeProvider time,
        string directory,
        SpaceReserve reserve,
        int groupCap,
        long lastChunkSet)
    {
        _directory = directory;
        _reserve = reserve;
        _appender = appender;
        _state = state;
        _time = time;
        _groupCap = groupCap;
        Conditional = new ConditionalWrites(appender, state, time);
        Chunks = new ChunkWriter(appender, groupCap, lastChunkSet);
    }

    internal ChunkWriter Chunks { get; }

    /// <summary>Conditional writes of one key.</summary>
    internal ConditionalWrites Conditional { get; }

    /// <summary>Refuses what takes space while what is left is kept for what frees some.</summary>
    /// <exception cref="StorageFullException">It is kept.</exception>
    internal void RequireSpace()
    {
        if (_reserve.IsInUse)
        {
            throw Full();
        }
    }

    /// <summary>
    /// The level in the log: what is acknowledged can be read, so it has been written at least.
    /// </summary>
    internal static Durability Level(Durability durability) =>
        durability == Durability.None ? Durability.ProcessCrash : durability;

    /// <summary>Puts one small value: one record, nothing copied before the group.</summary>
    internal ValueTask<long> PutAsync(
        uint keyspace,
        ReadOnlyMemory<byte> key,
        ReadOnlyMemory<byte> value,
        long expiresTicks,
        Durability durability,
        CancellationToken cancellationToken)
    {
        if (_reserve.IsInUse)
        {
            return ValueTask.FromException<long>(Full());
        }

        RecordHead head = PutHead(keyspace, key.Length, expiresTicks);
        return _appender.AppendAsync(
            new RecordParts(head, key, value), Level(durability), cancellationToken);
    }

    /// <summary>The same, blocking the calling thread: nobody else's is needed to complete it.</summary>
    internal long Put(
        uint keyspace,
        ReadOnlySpan<byte> key,
        ReadOnlySpan<byte> value,
        long expiresTicks,
        Durability durability) => _reserve.IsInUse
        ? throw Full()
        : _appender.Append(
            new PartSpans(PutHead(keyspace, key.Length, expiresTicks), key, value),
            Level(durability));

    /// <summary>Removes one key, blocking the calling thread.</summary>
    /// <exception cref="StorageFullException">Without a try in what is kept back.</exception>
    internal long Delete(uint keyspace, ReadOnlySpan<byte> key, Durability durability) =>
        _appender.Append(
            new PartSpans(DeleteHead(keyspace, key.Length), key, default), Level(durability));

    /// <summary>Removes one key; on a full disk out of what is kept back for that.</summary>
    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    internal async ValueTask<long> DeleteAsync(
        uint keyspace,
        ReadOnlyMemory<byte> key,
        Durability durability,
        CancellationToken cancellationToken)
    {
        RecordParts record = new(DeleteHead(keyspace, key.Length), key, default);
        try
        {
            return await _appender.AppendAsync(record, Level(durability), cancellationToken)
                .ConfigureAwait(false);
        }
        catch (StorageFullException) when (_reserve.TryUse() || _reserve.IsInUse)
        {
            return await RetryAsync(record, durability, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The same, tried again.</summary>
    private ValueTask<long> RetryAsync(
        RecordParts record, Durability durability, CancellationToken cancellationToken) =>
        InSpaceMadeAsync(
            () => _appender.AppendAsync(record, Level(durability), cancellationToken));

    /// <summary>Gives keyspaces their ids, unless they have them by then.</summary>
    /// <param name="names">Each once. As many as fit into a group are created by one commit.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    internal async ValueTask CreateKeyspacesAsync(
        IReadOnlyList<string> names, CancellationToken cancellationToken)
    {
        if (_state.Facts.Keyspaces.NextId >= uint.MaxValue - 1 - names.Count)
        {
            throw new InvalidOperationException("There are no ids left for keyspaces.");
        }

        for (int from = 0; from < names.Count;)
        {
            int to = from;
            for (long bytes = 0; to < names.Count; to++)
            {
                bytes += KeyspaceCreation.EncodedLength(names[to]);
                if (to > from && bytes > _groupCap / 2)
                {
                    break;
                }
            }

            await _appender.AppendLateAsync(
                new KeyspaceCreation(_state, [.. names.Skip(from).Take(to - from)]),
                Durability.ProcessCrash,
                cancellationToken)
                .ConfigureAwait(false);
            from = to;
        }
    }

    /// <summary>Commits operations whose keyspaces all have ids.</summary>
    /// <param name="operations">The operations.</param>
    /// <param name="large">Values to be written ahead, each for one of the operations.</param>
    /// <param name="conditions">What must hold; null where nothing is to be judged.</param>
    /// <param name="durability">When it completes.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    internal async ValueTask<CommitOutcome> CommitAsync(
        LogBatch operations,
        IReadOnlyList<(int Operation, byte[] Value)> large,
        IReadOnlyList<Condition>? conditions,
        Durability durability,
        CancellationToken cancellationToken)
    {
        bool frees = FreesOnly(operations);
        if (_reserve.IsInUse && !frees)
        {
            throw Full();
        }

        if (large.Count > 0)
        {
            Task<CommitOutcome> commit = CommitLargeAsync(
                operations, large, conditions, durability, cancellationToken);
            return await LetGoAsync(commit, cancellationToken).ConfigureAwait(false);
        }

        try
        {
            return await AppendAsync(
                operations, operations.Count, conditions, durability, cancellationToken)
                .ConfigureAwait(false);
        }
        catch (StorageFullException)
            when (frees && (_reserve.TryUse() || _reserve.IsInUse))
        {
            return await RetryAsync(operations, conditions, durability, cancellationToken)
                .ConfigureAwait(false);
        }
    }

    /// <summary>A removal, tried again; by itself, so that no commit pays for what it captures.</summary>
    private ValueTask<CommitOutcome> RetryAsync(
        LogBatch operations,
        IReadOnlyList<Condition>? conditions,
        Durability durability,
        CancellationToken cancellationToken) => InSpaceMadeAsync(() => AppendAsync(
        operations, operations.Count, conditions, durability, cancellationToken));

    /// <summary>
    /// Waits for a commit, or no longer where that is cancelled: it goes on, and removes what it
    /// wrote ahead where nothing comes of it.
    /// </summary>
    private static async ValueTask<CommitOutcome> LetGoAsync(
        Task<CommitOutcome> commit, CancellationToken cancellationToken)
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

    /// <summary>
    /// Writes large values ahead and then the batch that refers to them. Cancelled between two
    /// values, never within a write: who leaves a write does not know what there is to remove.
    /// </summary>
    private async Task<CommitOutcome> CommitLargeAsync(
        LogBatch operations,
        IReadOnlyList<(int Operation, byte[] Value)> large,
        IReadOnlyList<Condition>? conditions,
        Durability durability,
        CancellationToken cancellationToken)
    {
        int count = operations.Count;
        List<long> sets = [];
        bool published = false;
        try
        {
            foreach ((int operation, byte[] value) in large)
            {
                if (cancellationToken.IsCancellationRequested)
                {
                    throw new AppendCanceledException(mayBeWritten: false, cancellationToken);
                }

                long set = Chunks.NewSet();
                sets.Add(set);
                await Chunks.WriteAsync(set, value).ConfigureAwait(false);
                BinaryPrimitives.WriteInt64LittleEndian(
                    operations.MutablePayload(operation)[^sizeof(long)..], set);
                ChunkWriter.AddPublished(operations, set);
            }

            CommitOutcome outcome = await AppendAsync(
                operations, count, conditions, durability, CancellationToken.None)
                .ConfigureAwait(false);
            published = outcome is { FailedCondition: < 0, IsStale: false };
            return outcome;
        }
        finally
        {
            if (!published)
            {
                operations.CutTo(count);
                await DropAsync(sets).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Removes what was written ahead for nothing.</summary>
    private async Task DropAsync(List<long> sets)
    {
        try
        {
            foreach (long set in sets)
            {
                await Chunks.DropAsync(set).ConfigureAwait(false);
            }
        }
        catch (Exception error) when (error is StorageFaultedException or StorageFullException
            or StorageIOException or ObjectDisposedException)
        {
            // Their marks say so, and the next open sweeps them. The caller hears what came first.
        }
    }

    /// <param name="operations">The caller's, and behind them those that publish chunks.</param>
    /// <param name="count">How many are the caller's.</param>
    /// <param name="conditions">What must hold; null where nothing is to be judged.</param>
    /// <param name="durability">When it completes.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    private async ValueTask<CommitOutcome> AppendAsync(
        LogBatch operations,
        int count,
        IReadOnlyList<Condition>? conditions,
        Durability durability,
        CancellationToken cancellationToken)
    {
        if (conditions is null)
        {
            SequenceRange appended = await _appender.AppendBatchAsync(
                operations, Level(durability), cancellationToken).ConfigureAwait(false);
            return new CommitOutcome(Own(appended, count), -1, 0);
        }

        ConditionalBatch conditional = new(_state, _time, operations, conditions);
        SequenceRange range = await _appender.AppendLateAsync(
            conditional, Level(durability), cancellationToken).ConfigureAwait(false);
        return new CommitOutcome(
            Own(range, count), conditional.Failed, conditional.Actual, conditional.IsStale);
    }

    /// <summary>
    /// Tries again, in the space that compaction makes of the reserve; it may be using it just now.
    /// </summary>
    private async ValueTask<T> InSpaceMadeAsync<T>(Func<ValueTask<T>> append)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return await append().ConfigureAwait(false);
            }
            catch (StorageFullException) when (attempt < MostTries)
            {
                await _reserve.MakeSpaceAsync().ConfigureAwait(false);
            }
        }
    }

    private static RecordHead PutHead(uint keyspace, int keyLength, long expiresTicks)
    {
        OperationFlags flags =
            expiresTicks == 0 ? OperationFlags.None : OperationFlags.HasExpiry;
        return new RecordHead(
            OperationCodec.HeadLength(OperationKind.Put, expiresTicks != 0),
            OperationCodec.HeadWord(OperationKind.Put, flags, keyspace, keyLength),
            (ulong)expiresTicks,
            0);
    }

    private static RecordHead DeleteHead(uint keyspace, int keyLength) => new(
        OperationCodec.HeadSize,
        OperationCodec.HeadWord(OperationKind.Delete, OperationFlags.None, keyspace, keyLength),
        0,
        0);

    /// <summary>Whether a batch does nothing but remove: such a one may use the reserve.</summary>
    private static bool FreesOnly(LogBatch operations)
    {
        for (int i = 0; i < operations.Count; i++)
        {
            if (!OperationCodec.TryRead(operations.Payload(i), out Operation operation)
                || operation.Kind is not (OperationKind.Delete or OperationKind.DeleteRange
                    or OperationKind.DropKeyspace))
            {
                return false;
            }
        }

        return true;
    }

    private StorageFullException Full()
    {
        _reserve.Refused?.Invoke();
        return new StorageFullException(
            _directory, "what is left of the disk is kept for deletes and for compaction");
    }

    private static SequenceRange Own(SequenceRange written, int count) =>
        new(written.First, written.First + count - 1);
}
