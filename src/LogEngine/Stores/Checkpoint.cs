namespace LogEngine.Stores;

/// <summary>A checkpoint that was read.</summary>
/// <typeparam name="T">Type of its payload.</typeparam>
/// <param name="sequence">Its number among those of its name.</param>
/// <param name="payload">What was saved.</param>
/// <param name="version">Sequence of the write that made it.</param>
public sealed class Checkpoint<T>(long sequence, T payload, long version)
{
    /// <summary>Its number among those of its name.</summary>
    public long Sequence { get; } = sequence;

    /// <summary>What was saved.</summary>
    public T Payload { get; } = payload;

    /// <summary>Sequence of the write that made it.</summary>
    public long Version { get; } = version;
}

/// <summary>A checkpoint that could not be used, and was passed over for an older one.</summary>
/// <param name="Sequence">Its number.</param>
/// <param name="Reason">What is wrong with it.</param>
/// <param name="Error">
/// A <see cref="CorruptionException"/> with the place, or an <see
/// cref="UndecodableValueException"/>.
/// </param>
public sealed record SkippedCheckpoint(long Sequence, string Reason, LogEngineException Error);

/// <summary>The newest valid checkpoint, and what was passed over to find it.</summary>
/// <typeparam name="T">Type of the payload.</typeparam>
/// <param name="latest">The checkpoint; null where there is no valid one.</param>
/// <param name="skipped">Newer ones that are damaged, newest first.</param>
public sealed class CheckpointLoad<T>(
    Checkpoint<T>? latest, IReadOnlyList<SkippedCheckpoint> skipped)
{
    /// <summary>The checkpoint; null where there is no valid one.</summary>
    public Checkpoint<T>? Latest { get; } = latest;

    /// <summary>Newer ones that are damaged, newest first.</summary>
    public IReadOnlyList<SkippedCheckpoint> Skipped { get; } = skipped;
}

/// <summary>A checkpoint in a listing.</summary>
/// <param name="Sequence">Its number.</param>
/// <param name="Version">Sequence of the write that made it.</param>
public readonly record struct CheckpointEntry(long Sequence, long Version);
