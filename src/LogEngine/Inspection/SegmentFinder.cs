using LogEngine.Format;
using LogEngine.Recovery;
using LogEngine.Storage;

namespace LogEngine.Inspection;

/// <summary>
/// The segments of a directory in order, whatever is damaged: those of the chain where it holds,
/// else everything that can be one; and files that have lost their header, by what their groups
/// say.
/// </summary>
internal static class SegmentFinder
{
    /// <summary>The live segments, oldest first.</summary>
    internal static IReadOnlyList<InspectedSegment> Live(DirectoryLook look)
    {
        if (look.Chain is { } chain)
        {
            return
            [
                .. chain.Live.Select(s => OfHeader(
                    s.File, s.Header, s.EndOffset, s.LastSequence, s == chain.Head)),
            ];
        }

        Guid store = look.Manifest?.StoreId ?? MostFrequentStore(look);
        List<SurveyedFile> headed =
        [
            .. look.Survey.Files.Where(f => f.Header?.StoreId == store),
        ];
        ulong head = headed.Select(f => f.Header!.SegmentId).DefaultIfEmpty().Max();
        List<InspectedSegment> found = [];
        foreach (SurveyedFile file in headed)
        {
            SegmentHeader header = file.Header!;
            (long end, long last) = NamedEnd(look, header.Identity);
            bool gone = (last != 0 && last < look.LowWaterSequence)
                || IsFreed(look, header.SegmentId);
            if (!gone)
            {
                found.Add(OfHeader(file, header, end, last, header.SegmentId == head));
            }
        }

        return Ordered(found.Concat(Headless(look)));
    }

    /// <summary>
    /// Files without a valid header that hold groups: a live segment with a damaged header, or a
    /// rotation that a crash has torn.
    /// </summary>
    internal static IReadOnlyList<InspectedSegment> Headless(DirectoryLook look)
    {
        List<InspectedSegment> found = [];
        foreach (SurveyedFile file in look.Survey.Files)
        {
            if (file.Header is null
                && file.SpareOf is null
                && OfGroups(look, file) is { } segment
                && !IsFreed(look, segment.SegmentId))
            {
                found.Add(segment);
            }
        }

        return found;
    }

    /// <summary>
    /// In the order in which they were written; a valid header comes last of one id.
    /// </summary>
    internal static IReadOnlyList<InspectedSegment> Ordered(
        IEnumerable<InspectedSegment> segments) =>
        [.. segments.OrderBy(s => s.SegmentId).ThenBy(s => s.Header is not null)];

    /// <summary>
    /// An engine frees segments anywhere: below the newest that its manifest lists, what that does
    /// not list holds nothing live, and may hold what was deleted since.
    /// </summary>
    private static bool IsFreed(DirectoryLook look, ulong segmentId) =>
        look.IsEngine
        && look.Manifest!.Segments is { Count: > 0 } listed
        && segmentId < listed[^1].SegmentId
        && listed.All(s => s.SegmentId != segmentId);

    private static InspectedSegment OfHeader(
        SurveyedFile file, SegmentHeader header, long end, long last, bool isHead) => new()
        {
            Path = file.Path,
            FileNumber = file.FileNumber,
            FileLength = file.Length,
            Header = header,
            Identity = header.Identity,
            Alignment = header.Alignment,
            FirstOffset = header.Alignment,
            FirstSequence = header.FirstSequence,
            EndOffset = end,
            LastSequence = last,
            IsHead = isHead,
        };

    /// <summary>The newest life in a file: that of the highest segment id.</summary>
    private static InspectedSegment? OfGroups(DirectoryLook look, SurveyedFile file)
    {
        GroupHeader first = default;
        foreach (GroupHeader group in OutsideEvidence.Groups(look.Files, file))
        {
            if (group.SegmentId > first.SegmentId)
            {
                first = group;
            }
        }

        if (first.SegmentId == 0)
        {
            return null;
        }

        ManifestSegment listed = look.Manifest?.Segments.FirstOrDefault(
            s => s.Identity == first.Identity) ?? default;
        (long end, long last) = NamedEnd(look, first.Identity);
        return new InspectedSegment
        {
            Path = file.Path,
            FileNumber = file.FileNumber,
            FileLength = file.Length,
            Identity = first.Identity,
            Alignment = listed.Alignment != 0 ? listed.Alignment : FormatLimits.MinAlignment,
            FirstOffset = listed.Alignment != 0 ? listed.Alignment : first.Offset,
            FirstSequence = listed.Alignment != 0 ? listed.FirstSequence : first.FirstSequence,
            EndOffset = end,
            LastSequence = last,
        };
    }

    /// <summary>The end that a successor's header names, else the manifest's.</summary>
    private static (long EndOffset, long LastSequence) NamedEnd(
        DirectoryLook look, SegmentIdentity segment)
    {
        foreach (SurveyedFile file in look.Survey.Files)
        {
            if (file.Header?.Predecessor is { } named && named.Identity == segment)
            {
                return (named.EndOffset, named.LastSequence);
            }
        }

        ManifestSegment listed = look.Manifest?.Segments.FirstOrDefault(
            s => s.Identity == segment) ?? default;
        return (listed.EndOffset, listed.LastSequence);
    }

    private static Guid MostFrequentStore(DirectoryLook look) => look.Survey.Files
        .Where(f => f.Header is not null)
        .GroupBy(f => f.Header!.StoreId)
        .OrderByDescending(g => g.Count())
        .Select(g => g.Key)
        .FirstOrDefault();
}
