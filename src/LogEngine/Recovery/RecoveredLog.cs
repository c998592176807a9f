using LogEngine.Format;
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

    internal required LogFiles Files { get; init; }

    /// <summary>Live segments that are complete, oldest first.</summary>
    internal required IReadOnlyList<Segment> Segments { get; init; }

    /// <summary>Header of the segment begun by this open: durable already.</summary>
    internal required SegmentHeader NewHeader { get; init; }

    internal required PreparedFile NewFile { get; init; }

    /// <summary>The segment whose tail was cut, if it must still be cut on disk.</summary>
    internal required Segment? ToCut { get; init; }

    /// <summary>Files that hold nothing live and are the engine's own.</summary>
    internal required IReadOnlyList<string> ToRemove { get; init; }

    internal required long LastTicks { get; init; }

    internal required int GroupCap { get; init; }
}
