using LogEngine.Format;
using LogEngine.Log;

namespace LogEngine.Engine;

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

    /// <summary>A write, copied; give it to <see cref="AppendAsync"/>.</summary>
    internal ConditionalWrite Rent(
        OperationKind kind,
        uint keyspace,
        ReadOnlySpan<byte> key,
        ReadOnlySpan<byte> value,
        long expiresTicks,
        long expected)
    {
        ConditionalWrite? write;
        lock (_gate)
        {
            write = _free;
            if (write is not null)
            {
                _free = write.Next;
                write.Next = null;
                _count--;
            }
        }

        write ??= new ConditionalWrite(state, time);
        write.Set(kind, keyspace, key, value, expiresTicks, expected);
        return write;
    }

    /// <summary>Commits it if its condition holds. Await it once, then <see cref="Return"/> it.</summary>
    internal ValueTask<SequenceRange> AppendAsync(
        ConditionalWrite write, Durability level, CancellationToken cancellationToken) =>
        appender.AppendLateAsync(write, level, cancellationToken);

    /// <summary>Its append has completed, without an error, and its result has been read.</summary>
    internal void Return(ConditionalWrite write)
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
