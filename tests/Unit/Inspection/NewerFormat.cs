using LogEngine.Format;

namespace LogEngine.Unit.Inspection;

/// <summary>Makes a segment look as if a newer version had written it.</summary>
internal static class NewerFormat
{
    internal static void WriteInto(string path)
    {
        byte[] header = new byte[FileHeader.Size];
        new FileHeader(FileKind.Segment, SegmentHeader.Size, 1, Version: 2).Write(header);
        using FileStream file = new(path, FileMode.Open, FileAccess.Write);
        file.Write(header);
    }
}
