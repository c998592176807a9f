namespace LogEngine.Extensions;

/// <summary>
/// What a configuration section says of an engine. Mutable, as configuration binds it; checked when the
/// application starts, before the engine is opened.
/// </summary>
public sealed class LogEngineSettings
{
    /// <summary>The engine's directory; required unless <see cref="InMemory"/>.</summary>
    public string Directory { get; set; } = "";

    /// <summary>Whether it is an engine in memory, gone when the application stops; default false.</summary>
    public bool InMemory { get; set; }

    /// <inheritdoc cref="StorageEngineOptions.SegmentSizeBytes"/>
    public long? SegmentSizeBytes { get; set; }

    /// <inheritdoc cref="StorageEngineOptions.CacheBytes"/>
    public long? CacheBytes { get; set; }

    /// <inheritdoc cref="StorageEngineOptions.IoMode"/>
    public IoMode? IoMode { get; set; }

    /// <inheritdoc cref="StorageEngineOptions.LockTimeout"/>
    public TimeSpan? LockTimeout { get; set; }

    /// <inheritdoc cref="StorageEngineOptions.SnapshotBudgetBytes"/>
    public long? SnapshotBudgetBytes { get; set; }

    /// <inheritdoc cref="StorageEngineOptions.CompactionThreshold"/>
    public double? CompactionThreshold { get; set; }

    /// <summary>Sets what is not among these, last of all; null for nothing.</summary>
    public Func<StorageEngineOptions, StorageEngineOptions>? Configure { get; set; }

    /// <summary>The engine's own options.</summary>
    internal StorageEngineOptions ToOptions()
    {
        StorageEngineOptions options = new();
        options = options with
        {
            SegmentSizeBytes = SegmentSizeBytes ?? options.SegmentSizeBytes,
            CacheBytes = CacheBytes ?? options.CacheBytes,
            IoMode = IoMode ?? options.IoMode,
            LockTimeout = LockTimeout ?? options.LockTimeout,
            SnapshotBudgetBytes = SnapshotBudgetBytes ?? options.SnapshotBudgetBytes,
            CompactionThreshold = CompactionThreshold ?? options.CompactionThreshold,
        };
        return Configure is null ? options : Configure(options);
    }
}
