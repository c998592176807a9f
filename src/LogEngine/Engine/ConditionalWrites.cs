using System.Runtime.CompilerServices;
using LogEngine.Awaiting;
using LogEngine.Format;
using LogEngine.Log;

namespace LogEngine.Engine;

/// <summary>Conditional writes of one key each, without anything allocated for them.</summary>
/// <remarks>
/// Thread-safe. No caller ever sees what is kept here: a write is lent to one append from its copy to
/// its result, and comes back only where that has completed without an error, so that nobody can still
/// hold it. After a cancellation or a fault it is left to the collector.
/// </remarks>
internal sealed class ConditionalWrites(
    LogWriter log,
    CommittedIndex state,
    TimeProvider time,
    SpaceReserve reserve,
    BatchWriter batches)
{
    /// <summary>Free ones that are kept.</summary>
    private const int MostFree = 128;

    /// <summary>Most bytes that a free one keeps: all of them together no more than 2 MiB.</summary>
    private const int MostKeptBytes = 16 << 10;

    private readonly Lock _gate = new();
    private ConditionalWrite? _free;
    private int _count;

    /// <summary>Gives a key a value if it has a version; 0 for absence.</summary>
    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    internal async ValueTask<ConditionalResult> SetAsync(
        KeyspaceName keyspace,
        ReadOnlyMemory<byte> key,
        ReadOnlyMemory<byte> value,
        long expected,
        long expiresTicks,
        Durability durability,
        CancellationToken cancellationToken)
    {
        if (value.Length <= batches.ChunkBytes && keyspace.TryResolve(state.Facts, out uint id))
        {
            reserve.RequireSpace();
            Outcome put = await WriteAsync(
                new OneKey(OperationKind.Put, id, key, value, expiresTicks, expected),
                durability,
                cancellationToken).ConfigureAwait(false);
            if (!put.IsStale)
            {
                return new ConditionalResult(put.Applied, put.Applied ? put.Sequence : put.Actual);
            }
        }

        BatchContent batch = new();
        batch.Put(keyspace, key.Span, value.Span, expiresTicks, batches.ChunkBytes);
        batch.Require(keyspace, key.Span, expected);
        CommitResult result = await batches.CommitAsync(batch, durability, cancellationToken)
            .ConfigureAwait(false);
        return result.Conflict is { } conflict
            ? new ConditionalResult(false, conflict.Actual)
            : new ConditionalResult(true, result.Sequences.First);
    }

    /// <summary>
    /// Removes a key if it has a version, or <see cref="ConditionalWrite.AnyVersion"/>; on a full disk out of
    /// what is kept back for that.
    /// </summary>
    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    internal async ValueTask<ConditionalResult> TryDeleteAsync(
        KeyspaceName keyspace,
        ReadOnlyMemory<byte> key,
        long expected,
        Durability durability,
        CancellationToken cancellationToken)
    {
        if (!keyspace.TryResolve(state.Facts, out uint id))
        {
            await AwaitAbsenceAsync(durability, cancellationToken).ConfigureAwait(false);
            return default;
        }

        OneKey delete = new(OperationKind.Delete, id, key, default, 0, expected);
        Outcome outcome;
        try
        {
            outcome = await WriteAsync(delete, durability, cancellationToken).ConfigureAwait(false);
        }
        catch (StorageFullException) when (reserve.MayUse())
        {
            outcome = await RetryAsync(delete, durability, cancellationToken).ConfigureAwait(false);
        }

        // Where its keyspace is stale both say that nothing was there.
        return new ConditionalResult(outcome.Applied, outcome.Actual);
    }

    /// <summary>Gives the value of a key another expiry; false where none is there.</summary>
    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    internal async ValueTask<bool> TouchAsync(
        KeyspaceName keyspace,
        ReadOnlyMemory<byte> key,
        long expiresTicks,
        Durability durability,
        CancellationToken cancellationToken)
    {
        if (!keyspace.TryResolve(state.Facts, out uint id))
        {
            await AwaitAbsenceAsync(durability, cancellationToken).ConfigureAwait(false);
            return false;
        }

        reserve.RequireSpace();
        Outcome touch = await WriteAsync(
            new OneKey(
                OperationKind.Touch, id, key, default, expiresTicks, ConditionalWrite.AnyVersion),
            durability,
            cancellationToken).ConfigureAwait(false);
        return touch.Applied;
    }

    /// <summary>
    /// Of a keyspace that is not there nothing is. That is told once what it was looked up in is as durable as
    /// the write would be; what is judged as it is committed is told so by its append.
    /// </summary>
    private ValueTask AwaitAbsenceAsync(Durability durability, CancellationToken cancellationToken) =>
        durability >= Durability.PowerLoss
            ? log.WaitDurableAsync(state.Published, cancellationToken)
            : ValueTask.CompletedTask;

    private ValueTask<Outcome> RetryAsync(
        OneKey operation, Durability durability, CancellationToken cancellationToken) =>
        reserve.InSpaceMadeAsync(() => WriteAsync(operation, durability, cancellationToken));

    /// <summary>
    /// Commits one operation if its condition holds then. Key and value are copied before the call returns.
    /// </summary>
    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    private async ValueTask<Outcome> WriteAsync(
        OneKey operation, Durability durability, CancellationToken cancellationToken)
    {
        ConditionalWrite write = Rent();
        write.Set(operation);
        SequenceRange written = await log.Appender
            .AppendLateAsync(write, EngineWriter.InLog(durability), cancellationToken)
            .ConfigureAwait(false);
        Outcome outcome = new(write.Applied, write.Actual, written.First, write.IsStale);

        // Its append has completed, without an error, and its result has been read.
        Return(write);
        return outcome;
    }

    private ConditionalWrite Rent()
    {
        lock (_gate)
        {
            if (_free is { } write)
            {
                _free = write.Next;
                write.Next = null;
                _count--;
                return write;
            }
        }

        return new ConditionalWrite(state, time);
    }

    private void Return(ConditionalWrite write)
    {
        if (write.Records.PayloadBytes > MostKeptBytes)
        {
            return;
        }

        lock (_gate)
        {
            if (_count < MostFree)
            {
                write.Next = _free;
                _free = write;
                _count++;
            }
        }
    }

    /// <summary>What became of one.</summary>
    /// <param name="Applied">It was written.</param>
    /// <param name="Actual">The version that the key had; 0 for none.</param>
    /// <param name="Sequence">Of the write, where it was written.</param>
    /// <param name="IsStale">
    /// The keyspace has been dropped since its id was looked up: nothing was judged.
    /// </param>
    private readonly record struct Outcome(bool Applied, long Actual, long Sequence, bool IsStale);
}
