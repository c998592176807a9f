namespace LogEngine.Recovery;

/// <summary>Says what an opening has found, chose and dropped, once it is all known.</summary>
internal static class OpeningReport
{
    /// <param name="found">What was found.</param>
    /// <param name="io">How its files are read and written.</param>
    /// <param name="alignment">Alignment of new groups in bytes.</param>
    /// <param name="foreign">Files with a segment's name that are somebody else's.</param>
    /// <param name="loaded">What stands on the log; null for nothing.</param>
    /// <param name="clock">Where the time went.</param>
    internal static RecoveryReport Of(
        FoundLog found,
        ChosenIo io,
        int alignment,
        IReadOnlyList<string> foreign,
        ILoadedStore? loaded,
        StepClock clock)
    {
        RecoveredHead? head = found.Head;
        RecoveredTail state = head?.State ?? RecoveredTail.Clean;

        // Beside a writer that is no torn tail but what it is about to write.
        bool torn = state == RecoveredTail.Torn && !found.MayBeWritten;
        TailScan? cut = torn ? head!.Scan : null;
        IReadOnlyList<string> skipped = loaded?.SkippedSnapshots ?? [];
        return new RecoveryReport
        {
            Directory = found.Directory,
            StoreId = found.Manifest.StoreId,
            Tail = found.IsNew ? RecoveredTail.Created
                : state == RecoveredTail.Torn && !torn ? RecoveredTail.Clean
                : state,
            FirstSequence = found.Live.LowWaterSequence,
            LastSequence = found.Live.LastSequence,
            Segments = found.Live.Segments.Count,
            TailGroups = head?.Scan.Groups ?? 0,
            DroppedBytes = cut is null ? 0 : cut.TraceEnd - cut.EndOffset,
            DroppedGroups = cut?.LaterGroups ?? 0,
            CutFile = torn ? head!.TornRotation ?? found.Chain.Head!.File.Path : null,
            CutOffset = cut is null ? -1 : head!.TornRotation is null ? cut.EndOffset : 0,
            Ambiguous = cut is not null && (cut.TornAtEnd || head!.TornRotation is not null),
            TailNotMadeDurable = !found.ForWriting && !found.MayBeWritten
                && state != RecoveredTail.Sealed,
            SnapshotSequence = loaded?.SnapshotSequence ?? 0,
            ReplayedRecords = loaded?.ReplayedRecords ?? 0,
            SkippedSnapshots = skipped,
            IoMode = io.Direct ? IoMode.Direct : IoMode.Buffered,
            IoReason = io.Reason,
            FileSystem = io.Facts.FileSystemName,
            Alignment = alignment,
            Warnings = [.. found.Warnings, .. skipped, .. loaded?.Warnings ?? []],
            ForeignFiles = [.. found.Survey.Foreign, .. foreign],
            Steps = clock.Steps,
            Duration = clock.Total,
        };
    }
}
