namespace LogEngine.Stores;

/// <summary>How a <see cref="CheckpointStore"/> is opened. Immutable; not stored: the last open decides.</summary>
public sealed record CheckpointStoreOptions
{
    /// <summary>Default of <see cref="Keep"/>: 3.</summary>
    public static int DefaultKeep => 3;

    /// <summary>
    /// How many checkpoints of each name are kept, default 3; below 1 counts as 1. A save may say otherwise
    /// for itself.
    /// </summary>
    public int Keep { get; init; } = DefaultKeep;
}
