using LogEngine.Log;

namespace LogEngine.Recovery;

/// <summary>
/// Brings what stands on a log up to it, while the log is being opened: after its end has been found,
/// before anything is written.
/// </summary>
internal interface IStoreLoader
{
    /// <summary>Loads; what it throws fails the opening, with nothing changed on disk.</summary>
    /// <param name="found">The log as found.</param>
    /// <param name="clock">Where the time went.</param>
    ILoadedStore Load(FoundLog found, StepClock clock);
}

/// <summary>What stands on a log, as it was loaded.</summary>
internal interface ILoadedStore
{
    /// <summary>Follows the log from here on.</summary>
    IGroupObserver Observer { get; }

    /// <summary>Files of the store that no manifest lists: removed once the log is open.</summary>
    IReadOnlyList<string> Unlisted { get; }

    /// <summary>The snapshot that was loaded; 0 for none.</summary>
    long SnapshotSequence { get; }

    /// <summary>Records that were applied behind it.</summary>
    long ReplayedRecords { get; }

    /// <summary>Newer snapshots that were not usable, and why.</summary>
    IReadOnlyList<string> SkippedSnapshots { get; }

    /// <summary>What else was found wrong and could be done without.</summary>
    IReadOnlyList<string> Warnings { get; }
}
