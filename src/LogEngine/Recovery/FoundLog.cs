using LogEngine.Storage;

namespace LogEngine.Recovery;

/// <summary>
/// What opening has found in a directory, step by step: manifest, files, chain, end. Nothing was
/// written yet, and nothing is exposed.
/// </summary>
internal sealed record FoundLog
{
    /// <summary>The directory that is held.</summary>
    internal required IFileSystem Files { get; init; }

    internal required string Directory { get; init; }

    /// <summary>It is to be written to: features that a mere reader may ignore are refused.</summary>
    internal required bool ForWriting { get; init; }

    /// <summary>It is a backup: only what the manifest lists counts, and nothing more will come.</summary>
    internal bool IsBackup { get; init; }

    /// <summary>Somebody else may be writing to it: only what a mark attests counts.</summary>
    internal required bool MayBeWritten { get; init; }

    /// <summary>The newest manifest; of a new store, the one to begin with.</summary>
    internal required Manifest Manifest { get; init; }

    /// <summary>There was no manifest, and nothing to lose.</summary>
    internal bool IsNew { get; init; }

    /// <summary>What was found wrong and can be done without.</summary>
    internal required IReadOnlyList<string> Warnings { get; init; }

    /// <summary>What is in the directory.</summary>
    internal required DirectorySurvey Survey { get; init; }

    /// <summary>The live segments as headers and manifest name them.</summary>
    internal required Chain Chain { get; init; }

    /// <summary>The end of the log, and how it was decided; null where there is no segment.</summary>
    internal required RecoveredHead? Head { get; init; }

    /// <summary>The segments that hold the log, and where it begins and ends.</summary>
    internal required LiveSet Live { get; init; }
}
