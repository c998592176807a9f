using System.Runtime.CompilerServices;
using LogEngine.Awaiting;
using LogEngine.Format;
using LogEngine.Log;

namespace LogEngine.Engine;

/// <summary>What became of a conditional write of one key.</summary>
/// <param name="Applied">It was written.</param>
/// <param name="Actual">The version that the key had; 0 for none.</param>
/// <param name="Sequence">Of the write, where it was written.</param>
/// <param name="IsStale">
/// The keyspace has been dropped since its id was looked up: nothing was judged.
/// </param>
internal readonly record struct ConditionalOutcome(
    bool Applied, long Actual, long Sequence, bool IsStale);

/// <summary>Conditional writes of one key each, without anything allocated for them.</summary>
/// <remarks>
/// Thread-safe. No caller ever sees what is kept here: a write is lent to one append from its copy to
/// its result, and comes back only where that has completed without an error, so that nobody can still
/// hold it. After a cancellation or a fault it is left to the collector.
/// </remarks>
internal sealed class ConditionalWrites(Appender appender, CommittedIndex state, TimeProvider time)
{
    /// <summary>Free ones that are kept.</summary>
    private const int MostFree = 128;

    /// <summary>Most bytes that a free one keeps: all of them together no more than 2 MiB.</summary>
    private const int MostKeptBytes = 16 << 10;

    private readonly Lock _gate = new();
    private ConditionalWrite? _free;
    private int _count;

    /// <summary>
    /// Commits one operation if its condition holds then. Key and value are copied before the call returns.
    /// </summary>
    /// <param name="kind">Put, delete or touch.</param>
    /// <param name="keyspace">Id of the keyspace.</param>
    /// <param name="key">The key.</param>
    /// <param name="value">Of a put, the value.</param>
    /// <param name="expiresTicks">UTC ticks from which the value is absent; 0 for never.</param>
    /// <param name="expected">The version, 0 for absence, or <see cref="ConditionalWrite.AnyVersion"/>.</param>
    /// <param name="level">When it completes.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>Await it once.</returns>
    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    internal async ValueTask<ConditionalOutcome> WriteAsync(
        OperationKind kind,
        uint keyspace,
        ReadOnlyMemory<byte> key,
        ReadOnlyMemory<byte> value,
        long expiresTicks,
        long expected,
        Durability level,
        CancellationToken cancellationToken)
    {
        ConditionalWrite write = Rent();
        write.Set(kind, keyspace, key.Span, value.Span, expiresTicks, expected);
        SequenceRange written = await appender
            .AppendLateAsync(write, EngineWriter.Level(level), cancellationToken)
            .ConfigureAwait(false);
        ConditionalOutcome outcome = new(
            write.Applied, write.Actual, written.First, write.IsStale);

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
}
