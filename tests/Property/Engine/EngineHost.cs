namespace LogEngine.Properties.EngineModels;

/// <summary>Where the engine of a model run lives.</summary>
internal abstract class EngineHost : IDisposable
{
    /// <summary>Small enough for snapshots, compaction and chunks in a few dozen commands.</summary>
    protected static StorageEngineOptions Options { get; } = new()
    {
        SegmentSizeBytes = WriteAheadLogOptions.MinSegmentSizeBytes,
        GroupCapBytes = WriteAheadLogOptions.MinGroupCapBytes,
        SpareSegments = 1,
        CacheBytes = 64 << 10,
        SnapshotBudgetBytes = StorageEngineOptions.MinSnapshotBudgetBytes,
    };

    /// <summary>The clock of the engine; it moves by <see cref="Advance"/> only.</summary>
    internal abstract DateTimeOffset Now { get; }

    /// <summary>Whether a closed engine can be opened again.</summary>
    internal abstract bool Reopens { get; }

    internal abstract EmbeddedEngine Open();

    internal abstract void Advance(TimeSpan by);

    internal abstract void Wait(Task task);

    internal T Wait<T>(ValueTask<T> task)
    {
        Task<T> whole = task.AsTask();
        Wait(whole);
        return whole.GetAwaiter().GetResult();
    }

    public abstract void Dispose();
}
