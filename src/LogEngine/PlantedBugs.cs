#if LOGENGINE_PLANTED_BUGS
using System.Buffers.Binary;
using LogEngine.Format;
using LogEngine.Log;
using LogEngine.Storage;

namespace LogEngine;

/// <summary>Mistakes that the crash tests must find. None of them is in a shipped build.</summary>
internal enum PlantedBug
{
    None,
    AcknowledgeBeforeSync,
    NoDirectorySync,
    RetryOfFailedSync,
    CrcWithoutLength,
    CrcWithoutSalt,
    FreedBeforeManifest,
    BadGroupSkipped,
    TempFileTrusted,
    RecoveryWithoutSync,
    StaleCacheTrusted,
    AppendIntoExistingSegment,
    ZeroWriteRacesCommit,
    DataSyncWriteOverUnsynced,
    MarkAlwaysZero,
    HeaderBeforePredecessorSynced,
    FreedBeforeSuccessor,
    SnapshotBeforeLogSynced,
    RelocationWithoutCondition,
    FreedBeforeSnapshotsLetGo,
    FreedWithItsTombstones,
    FreedUnderAView,
    EngineFreedBeforeManifest,
    PublishedBeforeWritten,
    ConditionAgainstPublished,
    RefusalBeforeDurable,
    RelocatedAsNewVersion,
    ChunksLeftBehind,
    ChunksStayMarked,
    SnapshotListedBeforeWritten,
    DropLeavesChunks,
    ReplaySkipsTheFirst,
    TouchRevives,
    WaiterPooledTooEarly,
    LostWakeUp,
    DropBeforeCondition,
    LockFileTakenAway,
    CountWithoutDelivery,
    WakeUpLost,
}

/// <summary>Which mistake is in force on this thread, and what some of them need.</summary>
internal static class PlantedBugs
{
    [ThreadStatic]
    private static PlantedBug _active;

    private static volatile PlantedBug _everywhere;

    [ThreadStatic]
    private static long _resumeAt;

    [ThreadStatic]
    private static long _resumeAfter;

    /// <summary>The mistake in force on this thread.</summary>
    internal static PlantedBug Active
    {
        get => _active;
        set
        {
            _active = value;
            _resumeAt = 0;
        }
    }

    /// <summary>Where an existing segment is written on; 0 for nowhere.</summary>
    internal static long ResumeAt
    {
        get => _resumeAt;
        set => _resumeAt = value;
    }

    internal static long ResumeAfter
    {
        get => _resumeAfter;
        set => _resumeAfter = value;
    }

    /// <summary>The mistake in force on every thread, for what happens on the pool.</summary>
    internal static PlantedBug Everywhere
    {
        set => _everywhere = value;
    }

    internal static bool Is(PlantedBug bug) => _active == bug || _everywhere == bug;

    internal static void Unless(PlantedBug bug, Action action)
    {
        if (!Is(bug))
        {
            action();
        }
    }

    internal static void Sync(IStorageFile file)
    {
        try
        {
            Unless(PlantedBug.AcknowledgeBeforeSync, file.DataSync);
        }
        catch (StorageIOException) when (Is(PlantedBug.RetryOfFailedSync))
        {
            file.DataSync();
        }
    }

    internal static GroupHeader? FindLater(SegmentScanner scanner, long from, long length)
    {
        for (long at = from + scanner.Alignment; at < length; at += scanner.Alignment)
        {
            if (scanner.Judge(at, length, out GroupHeader group) == GroupVerdict.Whole)
            {
                return group;
            }
        }

        return null;
    }

    /// <summary>Takes a left-over temporary manifest for a good one, whatever its checksums.</summary>
    internal static Manifest? TrustTemp(IFileSystem files, string directory)
    {
        if (!Is(PlantedBug.TempFileTrusted)
            || files.ListFiles(directory).FirstOrDefault(n => FileNames.IsTemp(n)) is not { } name)
        {
            return null;
        }

        string path = Path.Combine(directory, name);
        using IStorageFile file = files.Open(path, OpenFlags.Read);
        byte[] bytes = new byte[file.GetLength()];
        file.Read(bytes, 0);
        long length = bytes.Length < 88
            ? 0
            : BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(80));
        int start = SnapshotHeader.Size + SnapshotBlock.HeaderSize;
        return length < 0 || start + length > bytes.Length
            ? throw new CorruptionException(path, 80, "the trusted temporary manifest is cut")
            : ManifestCodec.Decode(bytes.AsSpan(start, (int)length), path);
    }
}
#endif
