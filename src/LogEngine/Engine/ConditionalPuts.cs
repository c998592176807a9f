using LogEngine.Log;

namespace LogEngine.Engine;

/// <summary>Conditional writes of one small value each, without anything allocated for them.</summary>
/// <remarks>
/// Thread-safe. No caller ever sees what is kept here: a put is lent to one append from its copy to
/// its result, and comes back only where that has completed without an error, so that nobody can still
/// hold it. After a cancellation or a fault it is left to the collector.
/// </remarks>
internal sealed class ConditionalPuts(Appender appender, CommittedIndex state, TimeProvider time)
{
    /// <summary>Free ones that are kept.</summary>
    private const int MostFree = 128;

    /// <summary>Most bytes that a free one keeps: all of them together no more than 2 MiB.</summary>
    private const int MostKeptBytes = 16 << 10;

    private readonly Lock _gate = new();
    private ConditionalPut? _free;
    private int _count;

    /// <summary>A put of a value, copied; give it to <see cref="AppendAsync"/>.</summary>
    internal ConditionalPut Rent(
        uint keyspace,
        ReadOnlySpan<byte> key,
        ReadOnlySpan<byte> value,
        long expiresTicks,
        long expected)
    {
        ConditionalPut? put;
        lock (_gate)
        {
            put = _free;
            if (put is not null)
            {
                _free = put.Next;
                put.Next = null;
                _count--;
            }
        }

        put ??= new ConditionalPut(state, time);
        put.Set(keyspace, key, value, expiresTicks, expected);
        return put;
    }

    /// <summary>Commits it if its condition holds. Await it once, then <see cref="Return"/> it.</summary>
    internal ValueTask<SequenceRange> AppendAsync(
        ConditionalPut put, Durability level, CancellationToken cancellationToken) =>
        appender.AppendLateAsync(put, level, cancellationToken);

    /// <summary>Its append has completed, without an error, and its result has been read.</summary>
    internal void Return(ConditionalPut put)
    {
        if (put.Records.PayloadBytes > MostKeptBytes)
        {
            return;
        }

        lock (_gate)
        {
            if (_count < MostFree)
            {
                put.Next = _free;
                _free = put;
                _count++;
            }
        }
    }
}
