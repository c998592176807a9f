using System.Runtime.CompilerServices;
using LogEngine.Awaiting;
using LogEngine.Format;
using LogEngine.Log;

namespace LogEngine.Engine;

/// <summary>
/// The way of a write from the façade into the log: of one key here; under a condition, of a batch and of
/// large values by the parts that it has.
/// </summary>
/// <remarks>Thread-safe. Keys and levels have been checked.</remarks>
internal sealed class EngineWriter
{
    private readonly Appender _appender;
    private readonly CommittedIndex _state;
    private readonly SpaceReserve _reserve;
    private readonly int _chunkBytes;

    private EngineWriter(
        Appender appender,
        CommittedIndex state,
        SpaceReserve reserve,
        ChunkWriter chunks,
        BatchWriter batches,
        ConditionalWrites conditional)
    {
        _appender = appender;
        _state = state;
        _reserve = reserve;
        _chunkBytes = chunks.ChunkBytes;
        Chunks = chunks;
        Batches = batches;
        Conditional = conditional;
    }

    /// <summary>Values too large for one record.</summary>
    internal ChunkWriter Chunks { get; }

    /// <summary>Batches, with conditions or without.</summary>
    internal BatchWriter Batches { get; }

    /// <summary>Conditional writes of one key.</summary>
    internal ConditionalWrites Conditional { get; }

    /// <summary>Puts the parts together.</summary>
    /// <param name="log">The running log.</param>
    /// <param name="state">The index that it makes.</param>
    /// <param name="time">The clock that expiry goes by.</param>
    /// <param name="reserve">The space kept back for removals.</param>
    /// <param name="lastChunkSet">The highest number that a large value has.</param>
    internal static EngineWriter Of(
        LogWriter log,
        CommittedIndex state,
        TimeProvider time,
        SpaceReserve reserve,
        long lastChunkSet)
    {
        Appender appender = log.Appender;
        ChunkWriter chunks = new(appender, log.GroupCap, lastChunkSet);
        BatchWriter batches = new(appender, state, time, reserve, chunks, log.GroupCap);
        ConditionalWrites conditional = new(log, state, time, reserve, batches);
        return new EngineWriter(appender, state, reserve, chunks, batches, conditional);
    }

    /// <summary>
    /// The level in the log: what is acknowledged can be read, so it has been written at least.
    /// </summary>
    internal static Durability InLog(Durability durability) =>
        durability == Durability.None ? Durability.ProcessCrash : durability;

    /// <summary>Puts one value; a small one is one record, and nothing is copied before the group.</summary>
    internal ValueTask<long> PutAsync(
        KeyspaceName keyspace,
        ReadOnlyMemory<byte> key,
        ReadOnlyMemory<byte> value,
        long expiresTicks,
        Durability durability,
        CancellationToken cancellationToken)
    {
        if (value.Length > _chunkBytes || !keyspace.TryResolve(_state.Facts, out uint id))
        {
            return CommitAsync(
                PutBatch(keyspace, key.Span, value.Span, expiresTicks),
                durability,
                cancellationToken);
        }

        return _reserve.IsInUse
            ? ValueTask.FromException<long>(_reserve.Refuse())
            : _appender.AppendAsync(
                new RecordParts(PutHead(id, key.Length, expiresTicks), key, value),
                InLog(durability),
                cancellationToken);
    }

    /// <summary>The same, blocking the calling thread: of a small value nobody else's is needed.</summary>
    internal long Put(
        KeyspaceName keyspace,
        ReadOnlySpan<byte> key,
        ReadOnlySpan<byte> value,
        long expiresTicks,
        Durability durability)
    {
        if (value.Length > _chunkBytes || !keyspace.TryResolve(_state.Facts, out uint id))
        {
            return CommitAsync(
                PutBatch(keyspace, key, value, expiresTicks), durability, CancellationToken.None)
                .AsTask().GetAwaiter().GetResult();
        }

        _reserve.RequireSpace();
        return _appender.Append(
            new PartSpans(PutHead(id, key.Length, expiresTicks), key, value), InLog(durability));
    }

    /// <summary>Removes one key; on a full disk out of what is kept back for that.</summary>
    internal ValueTask<long> DeleteAsync(
        KeyspaceName keyspace,
        ReadOnlyMemory<byte> key,
        Durability durability,
        CancellationToken cancellationToken)
    {
        if (keyspace.TryResolve(_state.Facts, out uint id))
        {
            RecordParts record = new(DeleteHead(id, key.Length), key, default);
            return DeleteAsync(record, InLog(durability), cancellationToken);
        }

        BatchContent batch = new();
        batch.Delete(keyspace, key.Span);
        return CommitAsync(batch, durability, cancellationToken);
    }

    /// <summary>The same, blocking the calling thread.</summary>
    internal long Delete(KeyspaceName keyspace, ReadOnlySpan<byte> key, Durability durability)
    {
        if (keyspace.TryResolve(_state.Facts, out uint id))
        {
            try
            {
                return _appender.Append(
                    new PartSpans(DeleteHead(id, key.Length), key, default), InLog(durability));
            }
            catch (StorageFullException)
            {
                // There is space kept back for it; making it needs others.
            }
        }

        return DeleteAsync(keyspace, key.ToArray(), durability, CancellationToken.None)
            .AsTask().GetAwaiter().GetResult();
    }

    /// <summary>Removes the keys of a range.</summary>
    internal ValueTask<long> DeleteRangeAsync(
        KeyspaceName keyspace,
        ReadOnlySpan<byte> from,
        ReadOnlySpan<byte> to,
        Durability durability,
        CancellationToken cancellationToken)
    {
        BatchContent batch = new();
        batch.DeleteRange(keyspace, from, to);
        return CommitAsync(batch, durability, cancellationToken);
    }

    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    private async ValueTask<long> DeleteAsync(
        RecordParts record, Durability level, CancellationToken cancellationToken)
    {
        try
        {
            return await _appender.AppendAsync(record, level, cancellationToken)
                .ConfigureAwait(false);
        }
        catch (StorageFullException) when (_reserve.MayUse())
        {
            return await RetryAsync(record, level, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The same, tried again; by itself, so that no other removal pays for what it captures.</summary>
    private ValueTask<long> RetryAsync(
        RecordParts record, Durability level, CancellationToken cancellationToken) =>
        _reserve.InSpaceMadeAsync(() => _appender.AppendAsync(record, level, cancellationToken));

    private BatchContent PutBatch(
        KeyspaceName keyspace, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, long expiresTicks)
    {
        BatchContent batch = new();
        batch.Put(keyspace, key, value, expiresTicks, _chunkBytes);
        return batch;
    }

    /// <summary>One operation as a batch: its keyspace is to be created, or its value is large.</summary>
    private async ValueTask<long> CommitAsync(
        BatchContent batch, Durability durability, CancellationToken cancellationToken)
    {
        CommitResult result = await Batches.CommitAsync(batch, durability, cancellationToken)
            .ConfigureAwait(false);
        return result.Sequences.First;
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
}
