namespace LogEngine;

/// <summary>A count, or another fact, that a state file declares and that must hold.</summary>
/// <param name="What">The fact in words, such as "pending tasks".</param>
/// <param name="Declared">What the content says of itself.</param>
/// <param name="Actual">What was found by counting.</param>
public readonly record struct SnapshotInvariant(string What, long Declared, long Actual)
{
    /// <summary>Throws unless both are the same.</summary>
    /// <exception cref="SnapshotValidationException">They differ; it names both.</exception>
    public void Check()
    {
        if (Declared != Actual)
        {
            throw new SnapshotValidationException(What, Declared, Actual);
        }
    }
}
