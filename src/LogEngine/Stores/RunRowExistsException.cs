namespace LogEngine.Stores;

/// <summary>
/// The run has a row of that sequence. It is untouched, and nothing was written.
/// </summary>
public sealed class RunRowExistsException : LogEngineException
{
    internal RunRowExistsException(string run, long sequence)
        : base($"Run '{run}' has a row {sequence} already; it is unchanged.")
    {
        Run = run;
        Sequence = sequence;
    }

    /// <summary>The run.</summary>
    public string Run { get; }

    /// <summary>The sequence that is taken.</summary>
    public long Sequence { get; }
}
