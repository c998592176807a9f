using LogEngine.Format;

namespace LogEngine.Log;

/// <summary>The segment being written: its header, its prepared file, its face to readers.</summary>
internal sealed class ActiveSegment
{
    internal ActiveSegment(SegmentHeader header, PreparedFile file)
    {
        Header = header;
        File = file;
        SaltState = Crc32C.Append(Crc32C.Start, header.Salt);
        View = new Segment(header, file.Path) { Index = new SparseIndex() };
    }

    internal SegmentHeader Header { get; }

    internal PreparedFile File { get; }

    /// <summary>Checksum state after the salt: where every record's checksum goes on from.</summary>
    internal uint SaltState { get; }

    /// <summary>What readers see of it.</summary>
    internal Segment View { get; }

    /// <summary>Whether the header block is on disk; set by the commit role.</summary>
    internal bool HeaderWritten { get; set; }
}
