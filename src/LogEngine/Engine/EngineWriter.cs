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

    /// <summary>Commits a batch whose keyspaces all have ids.</summary>
    internal async ValueTask<CommitResult> CommitAsync(
        WriteBatch batch,
        uint[] keyspaces,
        IReadOnlyList<Condition> conditions,
        Durability durability,
        CancellationToken cancellationToken)
    {
        LogBatch operations = batch.Operations;
        for (int i = 0; i < keyspaces.Length; i++)
        {
            OperationCodec.SetKeyspace(operations.MutablePayload(i), keyspaces[i]);
        }

        List<long> sets = [];
        bool applied = false;
        try
        {
            foreach ((int operation, byte[] value) in batch.Large)
            {
                long set = await Chunks.WriteAsync(value, cancellationToken).ConfigureAwait(false);
                sets.Add(set);
                BinaryPrimitives.WriteInt64LittleEndian(
                    operations.MutablePayload(operation)[^sizeof(long)..], set);
                ChunkWriter.AddPublished(operations, set);
            }

            CommitResult result = await AppendAsync(
                batch, conditions, keyspaces.Length, durability, cancellationToken)
                .ConfigureAwait(false);
            applied = result.Applied;
            return result;
        }
        catch (AppendCanceledException canceled) when (canceled.MayBeWritten)
        {
            // It may yet be published: then its chunks must stay. The next open sweeps otherwise.
            applied = true;
            throw;
        }
        catch (EngineFaultedException)
        {
            // Nothing can be written any more.
            applied = true;
            throw;
        }
        finally
        {
            if (!applied)
            {
                foreach (long set in sets)
                {
                    await Chunks.DropAsync(set).ConfigureAwait(false);
                }
            }
        }
    }

    private async ValueTask<CommitResult> AppendAsync(
        WriteBatch batch,
        IReadOnlyList<Condition> conditions,
        int count,
        Durability durability,
        CancellationToken cancellationToken)
    {
        if (conditions.Count == 0)
        {
            SequenceRange written = await _appender.AppendBatchAsync(
                batch.Operations, Level(durability), cancellationToken).ConfigureAwait(false);
            return new CommitResult(true, Own(written, count), null);
        }

        ConditionalBatch conditional = new(_state, _time, batch.Operations, conditions);
        SequenceRange range = await _appender.AppendLateAsync(
            conditional, Level(durability), cancellationToken).ConfigureAwait(false);
        if (conditional.Failed < 0)
        {
            return new CommitResult(true, Own(range, count), null);
        }

        (Keyspace keyspace, byte[] key, long expected) = batch.Conditions[conditional.Failed];
        return new CommitResult(
            false, default, new Conflict(keyspace.Name, key, expected, conditional.Actual));
    }

    /// <summary>The caller's operations come first; those that publish chunks behind them.</summary>
    private static SequenceRange Own(SequenceRange written, int count) =>
        new(written.First, written.First + count - 1);
}
