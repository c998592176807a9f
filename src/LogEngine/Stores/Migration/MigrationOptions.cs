namespace LogEngine.Stores.Migration;

/// <summary>How everything is copied from one engine to another. Immutable.</summary>
public sealed record MigrationOptions
{
    /// <summary>
    /// Goes on with a migration that was begun, or begins one; without it only an empty target is taken.
    /// </summary>
    public bool Resume { get; init; }

    /// <summary>
    /// The source is still being written: copies what is there now, but for queues, and leaves the migration
    /// unfinished. A later one with <see cref="Resume"/> copies what has changed since.
    /// </summary>
    public bool Ahead { get; init; }

    /// <summary>
    /// Reads everything back from the target at the end, and compares it with the source. Without it only
    /// what is copied now is looked for: for the short stop, where the one before has verified.
    /// </summary>
    public bool Verify { get; init; } = true;
}
