using System.Buffers.Binary;
using LogEngine.Format;
using LogEngine.Log;
using LogEngine.Storage;

namespace LogEngine;

/// <summary>What the larger ones of the planted mistakes do, and the product never would.</summary>
internal static class Mistakes
{
    /// <summary>The next whole group behind one that is not; null where there is none.</summary>
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

    /// <summary>What a left-over temporary manifest says; null where there is none.</summary>
    internal static Manifest? ReadTemp(IFileSystem files, string directory)
    {
        if (files.ListFiles(directory).FirstOrDefault(n => FileNames.IsTemp(n)) is not { } name)
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
