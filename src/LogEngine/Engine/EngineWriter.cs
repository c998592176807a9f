using System.Buffers.Binary;
using LogEngine.Format;
using LogEngine.Log;

namespace LogEngine.Engine;

/// <summary>The way of a write from the façade into the log.</summary>
internal sealed class EngineWriter
{
    private readonly Appender _appender;
    private readonly CommittedIndex _state;
    private readonly TimeProvider _time;

    internal EngineWriter(
        Appender appender, CommittedIndex state, TimeProvider time, int groupCap, long lastChunkSet)
    {
        _appender = appender;
        _state = state;
        _time = time;
        Chunks = new ChunkWriter(appender, groupCap, lastChunkSet);
    }

    internal ChunkWriter Chunks { get; }

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
        OperationFlags flags = expiresTicks == 0 ? OperationFlags.None : OperationFlags.HasExpiry;
        RecordHead head = new(
            OperationCodec.HeadLength(OperationKind.Put, expiresTicks != 0),
            OperationCodec.HeadWord(OperationKind.Put, flags, keyspace, key.Length),
            (ulong)expiresTicks,
            0);
        return _appender.AppendAsync(
            new RecordParts(head, key, value), Level(durability), cancellationToken);
    }

    /// <summary>Removes one key.</summary>
    internal ValueTask<long> DeleteAsync(
        uint keyspace,
        ReadOnlyMemory<byte> key,
        Durability durability,
        CancellationToken cancellationToken)
    {
        RecordHead head = new(
            OperationCodec.HeadSize,
            OperationCodec.HeadWord(OperationKind.Delete, OperationFlags.None, keyspace, key.Length),
            0,
            0);
        return _appender.AppendAsync(
            new RecordParts(head, key, default), Level(durability), cancellationToken);
    }

    /// <summary>Gives a keyspace its id, unless it has one by then.</summary>
    internal async ValueTask CreateKeyspaceAsync(string name, CancellationToken cancellationToken)
    {
        if (_state.Facts.Keyspaces.NextId >= uint.MaxValue - 1)
        {
            throw new InvalidOperationException("There are no ids left for keyspaces.");
        }

        await _appender.AppendLateAsync(
            new KeyspaceCreation(_state, name), Durability.ProcessCrash, cancellationToken)
            .ConfigureAwait(false);
    }

    /// <summary>Commits operations whose keyspaces all have ids.</summary>
    /// <param name="operations">The operations.</param>
    /// <param name="large">Values to be written ahead, each for one of the operations.</param>
    /// <param name="conditions">What must hold.</param>
    /// <param name="durability">When it completes.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    internal async ValueTask<CommitOutcome> CommitAsync(
        LogBatch operations,
        IReadOnlyList<(int Operation, byte[] Value)> large,
        IReadOnlyList<Condition> conditions,
        Durability durability,
        CancellationToken cancellationToken)
    {
        if (large.Count == 0)
        {
            return await AppendAsync(
                operations, operations.Count, conditions, durability, cancellationToken)
                .ConfigureAwait(false);
        }

        int count = operations.Count;
        List<long> sets = [];
        bool settled = false;
        try
        {
            foreach ((int operation, byte[] value) in large)
            {
                long set = await Chunks.WriteAsync(value, cancellationToken).ConfigureAwait(false);
                sets.Add(set);
                BinaryPrimitives.WriteInt64LittleEndian(
                    operations.MutablePayload(operation)[^sizeof(long)..], set);
                ChunkWriter.AddPublished(operations, set);
            }

            CommitOutcome outcome = await AppendAsync(
                operations, count, conditions, durability, cancellationToken)
                .ConfigureAwait(false);
            settled = outcome.FailedCondition < 0;
            return outcome;
        }
        catch (Exception error) when (error is EngineFaultedException
            or AppendCanceledException { MayBeWritten: true })
        {
            // It may yet be published, and then its chunks must stay; or nothing can be written any
            // more. What stays without a value is swept by the next open.
            settled = true;
            throw;
        }
        finally
        {
            if (!settled)
            {
                foreach (long set in sets)
                {
                    await Chunks.DropAsync(set).ConfigureAwait(false);
                }
            }
        }
    }

    /// <param name="operations">The caller's, and behind them those that publish chunks.</param>
    /// <param name="count">How many are the caller's.</param>
    /// <param name="conditions">What must hold.</param>
    /// <param name="durability">When it completes.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    private async ValueTask<CommitOutcome> AppendAsync(
        LogBatch operations,
        int count,
        IReadOnlyList<Condition> conditions,
        Durability durability,
        CancellationToken cancellationToken)
    {
        if (conditions.Count == 0)
        {
            SequenceRange written = await _appender.AppendBatchAsync(
                operations, Level(durability), cancellationToken).ConfigureAwait(false);
            return new CommitOutcome(Own(written, count), -1, 0);
        }

        ConditionalBatch conditional = new(_state, _time, operations, conditions);
        SequenceRange range = await _appender.AppendLateAsync(
            conditional, Level(durability), cancellationToken).ConfigureAwait(false);
        return new CommitOutcome(Own(range, count), conditional.Failed, conditional.Actual);
    }

    private static SequenceRange Own(SequenceRange written, int count) =>
        new(written.First, written.First + count - 1);
}
