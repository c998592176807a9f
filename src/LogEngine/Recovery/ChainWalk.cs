using LogEngine.Format;
using LogEngine.Storage;

namespace LogEngine.Recovery;

/// <summary>A live segment with the end that its successor, or the manifest, names.</summary>
/// <param name="File">Its file.</param>
/// <param name="EndOffset">Named end; 0 for the head.</param>
/// <param name="LastSequence">Last sequence below that end; 0 for the head.</param>
internal sealed record ChainedSegment(SurveyedFile File, long EndOffset, long LastSequence)
{
    internal SegmentHeader Header => File.Header!;

    /// <summary>
    /// An open that is over began it, and the manifest of a later one, which lists every segment with
    /// a record, does not: it has none.
    /// </summary>
    internal bool MustBeEmpty { get; init; }
}

/// <summary>The live segments, oldest first, the head last; and everything outside.</summary>
internal sealed record Chain(
    IReadOnlyList<ChainedSegment> Live, IReadOnlyList<SurveyedFile> Outside)
{
    /// <summary>The segment of the highest id; null where there is none.</summary>
    internal ChainedSegment? Head => Live.Count == 0 ? null : Live[^1];
}

/// <summary>
/// Finds the live set: from the head back through predecessors. The argument is in
/// docs/recovery.md, 'The live set'.
/// </summary>
internal static class ChainWalk
{
    /// <summary>Where a header has its first sequence.</summary>
    private const int FirstSequenceAt = 104;

    /// <exception cref="CorruptionException">
    /// A segment that must be live is missing, differs from what its successor names, is shorter
    /// than its named end, or lies above the head.
    /// </exception>
    internal static Chain Walk(string directory, DirectorySurvey survey, Manifest manifest)
    {
        Dictionary<ulong, SurveyedFile> byId = [];
        foreach (SurveyedFile file in survey.Files)
        {
            if (file.Header is { } header
                && header.StoreId == manifest.StoreId
                && !byId.TryAdd(header.SegmentId, file))
            {
                throw new CorruptionException(
                    file.Path, 0, $"a second file carries segment id {header.SegmentId}");
            }
        }

        SurveyedFile? head = byId.Count == 0 ? null : byId[byId.Keys.Max()];
        foreach (ManifestSegment listed in manifest.Segments)
        {
            if (head is null || listed.SegmentId > head.Header!.SegmentId)
            {
                throw new CorruptionException(
                    Path.Combine(directory, FileNames.Segment(listed.FileNumber)),
                    0,
                    $"segment {listed.SegmentId}, which the manifest lists, is missing or its "
                    + "header is damaged");
            }
        }

        List<ChainedSegment> live = [];
        for (SurveyedFile? at = head; at is not null;)
        {
            live.Add(Named(at, live));
            at = Predecessor(directory, at.Header!, manifest, byId);
        }

        live.Reverse();
        if (manifest.Kind == StoreKind.Engine)
        {
            live.InsertRange(0, ListedBefore(directory, live, manifest, byId));
        }

        RequireListed(directory, live, manifest);
        RequireOpens(live, manifest);
        RequireAscending(live);
        HashSet<ulong> liveNumbers = [.. live.Select(s => s.File.FileNumber)];
        return new Chain(
            live, [.. survey.Files.Where(f => !liveNumbers.Contains(f.FileNumber))]);
    }

    /// <summary>
    /// What the manifest does not list by its salt was begun by the open that wrote it, and carries
    /// the salt of that open. Else it is from a copy of the store that went on by itself: ids and
    /// numbers are the same there.
    /// </summary>
    private static void RequireOpens(List<ChainedSegment> live, Manifest manifest)
    {
        if (manifest.OpenSalt == 0)
        {
            return;
        }

        HashSet<ulong> listed = [.. manifest.Segments.Select(s => s.SegmentId)];
        for (int i = 0; i < live.Count; i++)
        {
            SegmentHeader header = live[i].Header;
            bool older = header.OpenEpoch < manifest.OpenEpoch;
            bool foreign = header.OpenEpoch == manifest.OpenEpoch
                ? header.OpenSalt != manifest.OpenSalt
                : older
                    ? live[i].EndOffset != 0 && !listed.Contains(header.SegmentId)
                    : !manifest.IsAlone;
            if (foreign)
            {
                throw new CorruptionException(
                    live[i].File.Path,
                    SegmentHeader.OpenSaltAt,
                    $"segment {header.SegmentId} was begun by open {header.OpenEpoch} with salt "
                    + $"{header.OpenSalt:x16}; the manifest is of open {manifest.OpenEpoch} with salt "
                    + $"{manifest.OpenSalt:x16} and does not list it: it is from a copy of this store");
            }

            if (older && !listed.Contains(header.SegmentId))
            {
                live[i] = live[i] with { MustBeEmpty = true };
            }
        }
    }

    /// <summary>Sequences go up from segment to segment; in an engine some may be freed.</summary>
    private static void RequireAscending(List<ChainedSegment> live)
    {
        for (int i = 1; i < live.Count; i++)
        {
            if (live[i].Header.FirstSequence <= live[i - 1].LastSequence)
            {
                throw new CorruptionException(
                    live[i].File.Path,
                    FirstSequenceAt,
                    $"the segment begins with sequence {live[i].Header.FirstSequence}, the one "
                    + $"before it ends with {live[i - 1].LastSequence}");
            }
        }
    }

    /// <summary>A segment with its end as the successor that led here names it.</summary>
    private static ChainedSegment Named(SurveyedFile file, List<ChainedSegment> newerFirst)
    {
        if (newerFirst.Count == 0)
        {
            return new ChainedSegment(file, 0, 0);
        }

        SegmentEnd end = newerFirst[^1].Header.Predecessor;
        if (file.Length < end.EndOffset)
        {
            throw new CorruptionException(
                file.Path,
                file.Length,
                $"the file ends here, its successor names {end.EndOffset} as its end");
        }

        return RequireEnd(new ChainedSegment(file, end.EndOffset, end.LastSequence));
    }

    /// <summary>The named end is one that groups of this segment can have.</summary>
    private static ChainedSegment RequireEnd(ChainedSegment named)
    {
        SegmentHeader header = named.Header;
        bool possible = FormatLimits.IsSegmentEnd(named.EndOffset, header.Alignment)
            && named.LastSequence >= header.FirstSequence - 1
            && (named.EndOffset > header.Alignment
                || named.LastSequence == header.FirstSequence - 1);
        return possible
            ? named
            : throw new CorruptionException(
                named.File.Path,
                FirstSequenceAt,
                $"the segment begins with sequence {header.FirstSequence} and has blocks of "
                + $"{header.Alignment} bytes; sequence {named.LastSequence} at offset "
                + $"{named.EndOffset} is named as its end");
    }

    /// <summary>The live predecessor; null where the chain ends.</summary>
    private static SurveyedFile? Predecessor(
        string directory,
        SegmentHeader header,
        Manifest manifest,
        Dictionary<ulong, SurveyedFile> byId)
    {
        if (manifest.Kind == StoreKind.Engine
            && manifest.Segments.Any(s => s.SegmentId == header.SegmentId))
        {
            // Below the manifest's newest segment, what is live is what it lists.
            return null;
        }

        if (header.Link == SegmentLink.Root)
        {
            return header.FirstSequence <= manifest.LowWaterSequence
                ? null
                : throw new CorruptionException(
                    Path.Combine(directory, FileNames.Segment(header.FileNumber)),
                    0,
                    $"the log starts at {manifest.LowWaterSequence}, this root segment at "
                    + $"{header.FirstSequence}: what lies between is missing");
        }

        SegmentEnd named = header.Predecessor;
        if (named.LastSequence < manifest.LowWaterSequence)
        {
            // Truncated: durably so, before anything of it was given away.
            return null;
        }

        if (!byId.TryGetValue(named.SegmentId, out SurveyedFile? file))
        {
            throw new CorruptionException(
                directory,
                -1,
                $"segment {named.SegmentId}, up to sequence {named.LastSequence}, is missing or "
                + $"its header is damaged; segment {header.SegmentId} names it as its predecessor");
        }

        return file.Header!.Identity == named.Identity
            ? file
            : throw new CorruptionException(
                file.Path, 88, "the salt differs from the one its successor names");
    }

    /// <summary>
    /// An engine frees segments anywhere: those before the newest that the manifest lists are live
    /// as it lists them, with the ends that it names.
    /// </summary>
    private static List<ChainedSegment> ListedBefore(
        string directory,
        List<ChainedSegment> live,
        Manifest manifest,
        Dictionary<ulong, SurveyedFile> byId)
    {
        List<ChainedSegment> before = [];
        ulong oldest = live.Count == 0 ? 0 : live[0].Header.SegmentId;
        foreach (ManifestSegment listed in manifest.Segments.Where(s => s.SegmentId < oldest))
        {
            string path = Path.Combine(directory, FileNames.Segment(listed.FileNumber));
            if (!byId.TryGetValue(listed.SegmentId, out SurveyedFile? file)
                || file.FileNumber != listed.FileNumber)
            {
                throw new CorruptionException(
                    path,
                    0,
                    $"segment {listed.SegmentId}, which the manifest lists, is missing or its "
                    + "header is damaged");
            }

            if (listed.EndOffset == 0 || file.Length < listed.EndOffset)
            {
                throw new CorruptionException(
                    file.Path,
                    file.Length,
                    $"the file ends here, the manifest names {listed.EndOffset} as its end");
            }

            before.Add(RequireEnd(
                new ChainedSegment(file, listed.EndOffset, listed.LastSequence)));
        }

        return before;
    }

    /// <summary>Everything the manifest lists is in the chain, or older than all of it.</summary>
    private static void RequireListed(
        string directory, List<ChainedSegment> live, Manifest manifest)
    {
        Dictionary<ulong, ChainedSegment> byId = live.ToDictionary(s => s.Header.SegmentId);
        foreach (ManifestSegment listed in manifest.Segments)
        {
            ChainedSegment? found = byId.GetValueOrDefault(listed.SegmentId);
            string path = Path.Combine(directory, FileNames.Segment(listed.FileNumber));
            if (found is null && listed.SegmentId < live[0].Header.SegmentId)
            {
                // Older than the chain, which reaches down to the low-water mark: truncated.
                continue;
            }

            if (found is null)
            {
                throw new CorruptionException(
                    path, 0, $"segment {listed.SegmentId} is in the manifest, not in the chain");
            }

            if (found.Header.Identity != listed.Identity
                || found.File.FileNumber != listed.FileNumber
                || found.Header.FirstSequence != listed.FirstSequence
                || found.Header.Alignment != listed.Alignment)
            {
                throw new CorruptionException(
                    path, 0, $"segment {listed.SegmentId} is not the one the manifest lists");
            }

            if (listed.EndOffset != 0
                && found.EndOffset != 0
                && (found.EndOffset != listed.EndOffset
                    || found.LastSequence != listed.LastSequence))
            {
                throw new CorruptionException(
                    path,
                    listed.EndOffset,
                    $"the manifest and the successor of segment {listed.SegmentId} name different "
                    + "ends");
            }
        }
    }
}
