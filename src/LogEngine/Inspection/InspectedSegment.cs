using LogEngine.Format;

namespace LogEngine.Inspection;

/// <summary>A file's life as a segment, known from its header or from its groups alone.</summary>
internal sealed record InspectedSegment
{
    internal required string Path { get; init; }

    internal required ulong FileNumber { get; init; }

    /// <summary>Length of the file when the directory was listed.</summary>
    internal required long FileLength { get; init; }

    /// <summary>Null where the header is damaged: then the groups said who they are.</summary>
    internal SegmentHeader? Header { get; init; }

    internal required SegmentIdentity Identity { get; init; }

    internal ulong SegmentId => Identity.SegmentId;

    internal required int Alignment { get; init; }

    /// <summary>Offset of its first group, as far as one was found.</summary>
    internal required long FirstOffset { get; init; }

    /// <summary>Sequence of its first record, or of its first readable group.</summary>
    internal required long FirstSequence { get; init; }

    /// <summary>The end that its successor or the manifest names; 0 where nobody does.</summary>
    internal long EndOffset { get; init; }

    /// <summary>The last sequence below that end; 0 where nobody names it.</summary>
    internal long LastSequence { get; init; }

    /// <summary>It is the newest segment, and so may end anywhere.</summary>
    internal bool IsHead { get; init; }

    /// <summary>Where reading it must stop: never behind the file, whatever end is named.</summary>
    internal long Limit => EndOffset != 0 ? Math.Min(EndOffset, FileLength) : FileLength;
}
