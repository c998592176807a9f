namespace LogEngine.Log;

/// <summary>What readers see of a log: segments, how far they may read, and a pulse on change.</summary>
/// <remarks>
/// Written by the commit role and by truncation, or by the poll of a read-only instance; read by
/// anybody without a lock.
/// </remarks>
internal sealed class LogView
{
    private readonly Lock _mapGate = new();
    private volatile SegmentMap _map;
    private long _written;
    private long _durable;

    internal LogView(string directory, SegmentMap map, long durableSequence)
    {
        Directory = directory;
        _map = map;
        _written = durableSequence;
        _durable = durableSequence;
    }

    internal string Directory { get; }

    /// <summary>
    /// Whether the newest segment is read past the page cache, as it is written: through it, bytes
    /// may be shown that are older.
    /// </summary>
    internal required bool ReadsPastCache { get; init; }

    internal SegmentMap Map => _map;

    /// <summary>Pulsed after every advance and at the end of the log's life.</summary>
    internal AsyncPulse Changed { get; } = new();

    /// <summary>Looks for news on disk; null where a writer in this process pulses.</summary>
    internal Action? Poll { get; init; }

    /// <summary>
    /// Called by the commit role when a segment was begun, so the one before it is sealed; only queues.
    /// Null where nobody wants to know.
    /// </summary>
    internal Action? SegmentBegun { get; set; }

    /// <summary>Why nothing will come any more; null while sound. Each call its own exception.</summary>
    internal Func<Exception?> Fault { get; init; } = static () => null;

    /// <summary>Whether the instance is closed.</summary>
    internal bool IsClosed { get; private set; }

    internal long Written => Volatile.Read(ref _written);

    internal long Durable => Volatile.Read(ref _durable);

    internal long Limit(ReadUpTo upTo) => upTo == ReadUpTo.Durable ? Durable : Written;

    /// <summary>Everything up to it is written. The segment has published it before.</summary>
    internal void PublishWritten(long sequence)
    {
        Invariant.Require(sequence >= _written, "written sequence went back");
        Volatile.Write(ref _written, sequence);
    }

    /// <summary>Everything up to it is durable.</summary>
    internal void PublishDurable(long sequence)
    {
        Invariant.Require(sequence >= _durable, "durable sequence went back");
        Invariant.Require(sequence <= _written, "durable sequence above the written one");
        Volatile.Write(ref _durable, sequence);
    }

    /// <summary>Replaces the map by a change of the present one.</summary>
    internal SegmentMap ChangeMap<TState>(
        TState state, Func<SegmentMap, TState, SegmentMap> change)
    {
        lock (_mapGate)
        {
            return _map = change(_map, state);
        }
    }

    internal void Close()
    {
        IsClosed = true;
        Changed.Pulse();
    }
}
