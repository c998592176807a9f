namespace LogEngine.Stores.Queues;

/// <summary>
/// A queue is open on this engine with other options. All objects of a queue share one state, and so
/// their options must be equal. Nothing was opened.
/// </summary>
public sealed class QueueOptionsMismatchException : LogEngineException
{
    /// <summary>Names the queue and the options that differ.</summary>
    /// <param name="queue">The queue's name.</param>
    /// <param name="open">The options that it is open with.</param>
    /// <param name="asked">Those that it was to be opened with.</param>
    public QueueOptionsMismatchException(string queue, QueueOptions open, QueueOptions asked)
        : this(queue, QueueOptions.NamesOfDifferences(open, asked))
    {
    }

    private QueueOptionsMismatchException(string queue, IReadOnlyList<string> options)
        : base(
            $"Queue '{queue}' is open on this engine with other options: "
            + $"{string.Join(", ", options)}. Open it with equal ones, or close it first.")
    {
        Queue = queue;
        Options = options;
    }

    /// <summary>The queue's name.</summary>
    public string Queue { get; }

    /// <summary>The names of the options that differ.</summary>
    public IReadOnlyList<string> Options { get; }
}
