namespace LogEngine.CrashSim.Queue;

/// <summary>What was asked of a queue and what was promised, kept outside the disk that crashes.</summary>
internal sealed class QueueJournal
{
    private readonly HashSet<string> _sent = [];
    private readonly HashSet<string> _enqueued = [];
    private readonly HashSet<string> _ending = [];
    private readonly HashSet<string> _ended = [];

    internal void Sending(string body) => _sent.Add(body);

    internal void Enqueued(string body) => _enqueued.Add(body);

    /// <summary>Its acknowledgement has begun: from now on it may be gone.</summary>
    /// <returns>False where an earlier one had begun.</returns>
    internal bool Ending(string body) => _ending.Add(body);

    /// <summary>It was not there to be ended, or somebody has it: nothing was done.</summary>
    internal void NotEnding(string body) => _ending.Remove(body);

    /// <summary>Its acknowledgement was acknowledged: it must be gone.</summary>
    internal void Ended(string body) => _ended.Add(body);

    /// <summary>What is wrong with what a recovered queue holds; null where nothing is.</summary>
    internal string? Violation(IReadOnlyList<string> found)
    {
        HashSet<string> present = [.. found];
        if (present.Count != found.Count)
        {
            return $"a message is there twice: {string.Join(' ', found.Order())}";
        }

        string? lost = _enqueued.FirstOrDefault(b => !_ending.Contains(b) && !present.Contains(b));
        string? back = _ended.FirstOrDefault(present.Contains);
        string? phantom = present.FirstOrDefault(body => !_sent.Contains(body));
        return lost is not null ? $"message {lost} was enqueued and is lost"
            : back is not null ? $"message {back} was acknowledged and is back"
            : phantom is not null ? $"message {phantom} was never sent"
            : null;
    }
}
