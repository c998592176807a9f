using LogEngine.Format;

namespace LogEngine.Storage;

/// <summary>What a directory holds.</summary>
internal enum StoreKind : uint
{
    /// <summary>A <see cref="WriteAheadLog"/>.</summary>
    Log = 1,

    /// <summary>The key-value engine.</summary>
    Engine = 2,

    /// <summary>A backup of an engine: closed, and with names of its own.</summary>
    Backup = 3,

    /// <summary>A backup of a log.</summary>
    LogBackup = 4,
}

/// <summary>Names of the kinds, and which is whose backup.</summary>
internal static class StoreKinds
{
    internal static bool IsBackup(this StoreKind kind) =>
        kind is StoreKind.Backup or StoreKind.LogBackup;

    /// <summary>The kind of its backups; a backup's own.</summary>
    internal static StoreKind BackupKind(this StoreKind kind) =>
        kind is StoreKind.Log or StoreKind.LogBackup ? StoreKind.LogBackup : StoreKind.Backup;

    /// <summary>What a backup is of; a store's own kind.</summary>
    internal static StoreKind Restored(this StoreKind kind) => kind switch
    {
        StoreKind.Backup => StoreKind.Engine,
        StoreKind.LogBackup => StoreKind.Log,
        _ => kind,
    };

    internal static string InWords(this StoreKind kind) => kind switch
    {
        StoreKind.Log => "log",
        StoreKind.Engine => "storage engine",
        StoreKind.Backup => "backup of a storage engine",
        StoreKind.LogBackup => "backup of a log",
        _ => "store of an unknown kind",
    };
}

/// <summary>A live segment, as the manifest names it.</summary>
/// <param name="FileNumber">Number in name and header of its file.</param>
/// <param name="SegmentId">Id in its header.</param>
/// <param name="Salt">Salt in its header.</param>
/// <param name="FirstSequence">Sequence of its first record.</param>
/// <param name="EndOffset">Where its groups end; 0 while it is open.</param>
/// <param name="LastSequence">Its last sequence; 0 while it is open.</param>
/// <param name="Alignment">Its groups' alignment in bytes.</param>
internal readonly record struct ManifestSegment(
    ulong FileNumber,
    ulong SegmentId,
    ulong Salt,
    long FirstSequence,
    long EndOffset,
    long LastSequence,
    int Alignment)
{
    internal SegmentIdentity Identity => new(SegmentId, Salt);
}

/// <summary>What is live in a directory, as of one generation. Immutable.</summary>
/// <remarks>Bytes: <see cref="ManifestCodec"/>. Files: <see cref="ManifestStore"/>.</remarks>
internal sealed record Manifest
{
    /// <summary>Drawn at creation; in every segment header.</summary>
    internal required Guid StoreId { get; init; }

    internal required StoreKind Kind { get; init; }

    /// <summary>Alignment in bytes for new segments.</summary>
    internal required int Alignment { get; init; }

    /// <summary>Set when written: one above every one written before.</summary>
    internal ulong Generation { get; init; }

    /// <summary>Counts opens for writing.</summary>
    internal required ulong OpenEpoch { get; init; }

    /// <summary>Above every segment id ever drawn, as far as this manifest knows.</summary>
    internal required ulong NextSegmentId { get; init; }

    /// <summary>Above every file number ever given, as far as this manifest knows.</summary>
    internal required ulong NextFileNumber { get; init; }

    /// <summary>First sequence that may be read.</summary>
    internal required long LowWaterSequence { get; init; }

    /// <summary>Durable sequence plus one; never an unsynced one.</summary>
    internal required long NextSequence { get; init; }

    /// <summary>Whether the last writer closed and nothing was opened since.</summary>
    internal required bool CleanlyClosed { get; init; }

    /// <summary>Live segments in ascending order of their ids.</summary>
    internal required IReadOnlyList<ManifestSegment> Segments { get; init; }

    /// <summary>
    /// Whether an engine ever freed a segment: from then on the log alone does not give the state.
    /// </summary>
    internal bool AnythingFreed { get; init; }

    /// <summary>
    /// It says whose backup the directory is to become, and that it is none yet: no store that was
    /// ever opened has this epoch.
    /// </summary>
    internal bool IsUnfinishedBackup => Kind.IsBackup() && OpenEpoch == 0;

    /// <summary>Retained index snapshots, oldest first; none in a log.</summary>
    internal IReadOnlyList<ManifestSnapshot> Snapshots { get; init; } = [];

    /// <summary>
    /// Drawn by the open that <see cref="OpenEpoch"/> counts, and in the header of every segment that
    /// it begins: two copies of a store that go on separately draw the same numbers and ids, and not
    /// this. 0 where it is not known.
    /// </summary>
    internal ulong OpenSalt { get; init; }

    /// <summary>Salt of the file it was read from or written to; not part of its bytes.</summary>
    internal ulong FileSalt { get; init; }

    /// <summary>
    /// <see cref="FileSalt"/> of the generation before, which is in the other file; 0 where it is not
    /// known, or there was none.
    /// </summary>
    internal ulong PreviousSalt { get; init; }

    /// <summary>
    /// The other file is missing or damaged, so a newer one may have been there. Not part of its bytes.
    /// </summary>
    internal bool IsAlone { get; init; }
}
