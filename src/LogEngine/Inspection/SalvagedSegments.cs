using System.Diagnostics.CodeAnalysis;
using LogEngine.Format;
using LogEngine.Log;
using LogEngine.Storage;

namespace LogEngine.Inspection;

/// <summary>
/// The segments of a damaged engine by their ids. One that a snapshot points into and that is
/// missing is made up: what points there is known and cannot be read.
/// </summary>
internal sealed class SalvagedSegments
    : Dictionary<ulong, Segment>, IReadOnlyDictionary<ulong, Segment>
{
    private readonly DirectoryLook _look;
    private readonly List<ulong> _madeUp = [];

    internal SalvagedSegments(DirectoryLook look, IEnumerable<InspectedSegment> segments)
    {
        _look = look;
        foreach (InspectedSegment segment in segments)
        {
            // Of one id, the one with a valid header comes last.
            this[segment.SegmentId] = Make(
                segment.SegmentId,
                segment.Identity.Salt,
                segment.Alignment,
                segment.FirstSequence,
                segment.Path,
                segment.Limit);
        }
    }

    bool IReadOnlyDictionary<ulong, Segment>.TryGetValue(
        ulong key, [MaybeNullWhen(false)] out Segment value)
    {
        if (!TryGetValue(key, out value))
        {
            ManifestSegment listed = _look.Manifest?.Segments.FirstOrDefault(
                s => s.SegmentId == key) ?? default;
            string name = listed.FileNumber != 0
                ? FileNames.Segment(listed.FileNumber)
                : $"segment {key}";
            value = Make(
                key,
                listed.Salt,
                FormatLimits.MinAlignment,
                1,
                Path.Combine(_look.Directory, name),
                FormatLimits.MinAlignment);
            Add(key, value);
            _madeUp.Add(key);
        }

        return true;
    }

    /// <summary>What a snapshot has named that turned out to be damaged counts for nothing.</summary>
    internal void ForgetMadeUp()
    {
        _madeUp.ForEach(key => Remove(key));
        _madeUp.Clear();
    }

    private static Segment Make(
        ulong id, ulong salt, int alignment, long first, string path, long end) =>
        Segment.Complete(
            new SegmentHeader
            {
                FileNumber = 0,
                StoreId = Guid.Empty,
                SegmentId = id,
                Salt = salt,
                Alignment = alignment,
                Link = SegmentLink.Root,
                FirstSequence = first,
                LowWaterSequence = 1,
                OpenEpoch = 0,
                CreatedTicks = 0,
                Capacity = end,
            },
            path,
            end,
            first - 1,
            index: null);
}
