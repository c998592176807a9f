using LogEngine.Engine;
using LogEngine.Log;
using LogEngine.Snapshots;

namespace LogEngine.Recovery;

/// <summary>An engine's index as it was loaded, and what else the engine goes on with.</summary>
internal sealed record LoadedEngine : ILoadedStore, IDisposable
{
    internal required CommittedIndex State { get; init; }

    public required long SnapshotSequence { get; init; }

    public required long ReplayedRecords { get; init; }

    public required IReadOnlyList<string> SkippedSnapshots { get; init; }

    public required IReadOnlyList<string> Warnings { get; init; }

    public required IReadOnlyList<string> Unlisted { get; init; }

    /// <summary>Snapshots that can be used, oldest first, with the sequences they stand for.</summary>
    internal required IReadOnlyList<RetainedSnapshot> Retained { get; init; }

    /// <summary>Highest number of a set of chunks in use; 0 for none.</summary>
    internal required long LastChunkSet { get; init; }

    /// <summary>Sets of chunks that nothing refers to.</summary>
    internal required IReadOnlyList<long> OrphanedChunkSets { get; init; }

    public IGroupObserver Observer => State;

    public void Dispose() => State.Dispose();
}
