using LogEngine.Testing.Oracle;

namespace LogEngine.Testing;

/// <summary>
/// Remembers what was appended to a log and what was acknowledged, outside the disk that crashes;
/// and
/// says whether a log opened after a crash is what it promised to be.
/// </summary>
/// <remarks>
/// One oracle follows one log from its creation. It takes every append, in order. Not thread-safe.
/// </remarks>
public sealed class LogOracle
{
    private readonly LogJournal _journal = new();

    /// <summary>Appends through the oracle.</summary>
    public Task<long> AppendAsync(
        WriteAheadLog log,
        ReadOnlyMemory<byte> payload,
        Durability? durability = null)
    {
        ArgumentNullException.ThrowIfNull(log);
        Task<long>? append = null;
        _journal.Append(
            [payload.ToArray()],
            durability ?? log.DefaultDurability,
            () => append = log.AppendAsync(payload, durability).AsTask());
        return append ?? throw new InvalidOperationException("The append was refused at once.");
    }

    /// <summary>Truncates through the oracle.</summary>
    public async Task TruncateBeforeAsync(WriteAheadLog log, long sequence)
    {
        ArgumentNullException.ThrowIfNull(log);
        _journal.TruncationBegins(sequence);
        await log.TruncateBeforeAsync(sequence).ConfigureAwait(true);
        _journal.TruncationDone(sequence);
    }

    /// <summary>What must and may be there if the machine dies now.</summary>
    public LogPromise Promise() => new(_journal.Now());

    /// <summary>
    /// Goes on with a log that was opened after a crash: what it shows is durable, the rest is
    /// gone.
    /// </summary>
    public void Reopened(WriteAheadLog log)
    {
        ArgumentNullException.ThrowIfNull(log);
        _journal.Reopened(log.FirstSequence, log.LastSequence);
    }
}
