namespace LogEngine.Stores;

/// <summary>A checkpoint that was read.</summary>
/// <typeparam name="T">Type of its payload.</typeparam>
/// <param name="Sequence">Its number among those of its name.</param>
/// <param name="Payload">What was saved.</param>
/// <param name="Version">Sequence of the write that made it.</param>
public sealed record Checkpoint<T>(long Sequence, T Payload, long Version);

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
/// <param name="Latest">The checkpoint; null where there is no valid one.</param>
/// <param name="Skipped">Newer ones that are damaged, newest first.</param>
public sealed record CheckpointLoad<T>(
    Checkpoint<T>? Latest, IReadOnlyList<SkippedCheckpoint> Skipped);

/// <summary>A checkpoint in a listing.</summary>
/// <param name="Sequence">Its number.</param>
/// <param name="Version">Sequence of the write that made it.</param>
public readonly record struct CheckpointEntry(long Sequence, long Version);
