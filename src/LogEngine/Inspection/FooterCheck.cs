using System.Buffers.Binary;
using LogEngine.Format;

namespace LogEngine.Inspection;

/// <summary>
/// Judges the footer behind a segment's end. It is never evidence and can be rebuilt, so a bad one
/// is a note.
/// </summary>
internal static class FooterCheck
{
    private const int SegmentIdAt = 8;

    internal static void Run(
        InspectedSegment segment,
        GroupReader reader,
        long end,
        long lastSequence,
        List<SparseEntry> groups,
        VerifyTally tally)
    {
        int most = SegmentFooter.EncodedLength(
            checked((int)(2 + (end / SegmentFooter.BytesPerEntry))));
        ReadOnlySpan<byte> bytes = reader.Read(end, most, reader.Length);
        if (!IsMeant(bytes, segment))
        {
            return;
        }

        SparseEntry[]? entries = SegmentFooter.TryRead(
            bytes, segment.SegmentId, segment.Identity.Salt, end, lastSequence);
        if (entries is null)
        {
            tally.Note(segment.Path, end, "the footer is damaged; it is rebuilt from the groups");
            return;
        }

        tally.Bytes += SegmentFooter.EncodedLength(entries.Length);
        HashSet<SparseEntry> known = [.. groups];
        if (!entries.All(known.Contains))
        {
            tally.Note(segment.Path, end, "the footer names groups that are not there");
        }
    }

    /// <summary>A footer's magic, or the segment's identity where a footer has it.</summary>
    private static bool IsMeant(ReadOnlySpan<byte> bytes, InspectedSegment segment) =>
        bytes.Length >= SegmentFooter.HeaderSize
        && (BinaryPrimitives.ReadUInt32LittleEndian(bytes) == SegmentFooter.Magic
            || BinaryPrimitives.ReadUInt64LittleEndian(bytes[SegmentIdAt..]) == segment.SegmentId);
}
