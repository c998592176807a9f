using LogEngine.Log;
using LogEngine.Storage;

namespace LogEngine.Recovery;

/// <summary>What opening for writing leaves to go on with.</summary>
internal sealed record RecoveredLog
{
    internal required RecoveryReport Report { get; init; }

    /// <summary>Held and locked until the log is closed.</summary>
    internal required GuardedDirectory Directory { get; init; }

    internal required ManifestStore ManifestStore { get; init; }

    /// <summary>The manifest as written by this open.</summary>
    internal required Manifest Manifest { get; init; }

    /// <summary>The complete segments, and the one that this open has begun.</summary>
    internal required LogStart Start { get; init; }

    /// <summary>Follows the log from here on; null where nothing stands on it.</summary>
    internal required IGroupObserver? Observer { get; init; }

    /// <summary>The segment whose tail was cut, if it must still be cut on disk.</summary>
    internal required Segment? ToCut { get; init; }

    /// <summary>Files that hold nothing live and are the engine's own.</summary>
    internal required IReadOnlyList<string> ToRemove { get; init; }
}
