namespace LogEngine.Extensions;

/// <summary>Settings of an embedded engine, on disk or in memory. What is null keeps its default.</summary>
public sealed class EmbeddedEngineSettings
{
    /// <summary>The engine's directory; required on disk, not looked at in memory.</summary>
    public string Directory { get; set; } = "";

    /// <inheritdoc cref="DirectoryOptions.SegmentSizeBytes"/>
    public long? SegmentSizeBytes { get; set; }

    /// <inheritdoc cref="StorageEngineOptions.CacheBytes"/>
    public long? CacheBytes { get; set; }

    /// <inheritdoc cref="DirectoryOptions.IoMode"/>
    public IoMode? IoMode { get; set; }

    /// <inheritdoc cref="DirectoryOptions.LockTimeout"/>
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

    /// <summary>What is out of its range; null where nothing is.</summary>
    internal string? Problem()
    {
        try
        {
            ToOptions().Validate();
            return null;
        }
        catch (ArgumentException error)
        {
            return error.Message;
        }
    }
}
