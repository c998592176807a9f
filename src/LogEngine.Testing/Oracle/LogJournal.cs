namespace LogEngine.Testing.Oracle;

/// <summary>
/// A journal of what was asked of a log and what it promised, kept outside the disk that crashes.
/// </summary>
internal sealed class LogJournal
{
    private readonly List<Entry> _open = [];
    private long _durable;
    private long _written;
    private long _lowAtLeast = 1;
    private long _lowAtMost = 1;

    internal JournalEra Era { get; private set; } = new();

    /// <summary>Says that one batch is about to be appended; its outcome is the task's.</summary>
    internal Task Append(
        IReadOnlyList<byte[]> batch, Durability durability, Func<Task> append)
    {
        long before = Era.Submitted;
        Era.Add(batch.Select(b => JournalEra.HashOf(b)));
        Task outcome;
        try
        {
            outcome = append();
        }
        catch (Exception error)
        {
            outcome = Task.FromException(error);
        }

        _open.Add(new Entry(outcome, before + batch.Count, batch.Count, durability));
        return outcome;
    }

    internal void TruncationBegins(long sequence) =>
        _lowAtMost = Math.Max(_lowAtMost, sequence);

    internal void TruncationDone(long sequence) =>
        _lowAtLeast = Math.Max(_lowAtLeast, sequence);

    /// <summary>The log has shown that everything up to a sequence is durable.</summary>
    internal void DurableShown(long sequence) => _durable = Math.Max(_durable, sequence);

    /// <summary>What must and may be there, as of now.</summary>
    internal Expectation Now()
    {
        for (int i = _open.Count - 1; i >= 0; i--)
        {
            Entry entry = _open[i];
            if (!entry.Outcome.IsCompleted)
            {
                continue;
            }

            _open.RemoveAt(i);
            if (entry.Outcome.IsCompletedSuccessfully)
            {
                Promise(entry.Last, entry.Durability);
            }
            else if (entry.Outcome.Exception?.InnerException
                is not IUndeterminedWrite { MayBeWritten: true })
            {
                // Refused before it had a sequence, with all that were behind it in line. One that says
                // so is undetermined instead: it may be there, or not.
                Era.RemoveLast(entry.Last, entry.Count);
            }
        }

        return new Expectation(Era, Era.Submitted, _durable, _written, _lowAtLeast, _lowAtMost);
    }

    /// <summary>
    /// A log was opened after a death; what it shows is durable, the rest is gone.
    /// </summary>
    internal void Reopened(long firstSequence, long lastSequence)
    {
        _open.Clear();
        Era = Era.ContinueAfter(lastSequence);
        _durable = lastSequence;
        _written = lastSequence;
        _lowAtLeast = Math.Max(_lowAtLeast, firstSequence);
        _lowAtMost = firstSequence;
    }

    private void Promise(long last, Durability durability)
    {
        _written = durability >= Durability.ProcessCrash ? Math.Max(_written, last) : _written;
        _durable = durability == Durability.PowerLoss ? Math.Max(_durable, last) : _durable;
    }

    private sealed record Entry(
        Task Outcome, long Last, int Count, Durability Durability);
}
