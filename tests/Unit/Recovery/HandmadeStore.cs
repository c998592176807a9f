using LogEngine.Format;
using LogEngine.Storage;

namespace LogEngine.Unit.Recovery;

/// <summary>A directory in memory whose files are written byte by byte, right or wrong.</summary>
internal sealed class HandmadeStore
{
    internal const string Directory = "/store";
    internal const int Block = 4096;

    internal HandmadeStore() => Files.CreateDirectory(Directory);

    internal static Guid StoreId { get; } = new("00112233-4455-6677-8899-aabbccddeeff");

    internal IFileSystem Files { get; } = new MemoryFileSystem();

    internal static string PathOf(SegmentHeader header) =>
        Path.Combine(Directory, FileNames.Segment(header.FileNumber));

    /// <summary>A segment without a predecessor.</summary>
    internal static SegmentHeader Root(ulong id, long first) => new()
    {
        FileNumber = 100 + id,
        StoreId = StoreId,
        SegmentId = id,
        Salt = 0xABCD_0000_0000_0000 + id,
        Alignment = Block,
        Link = SegmentLink.Root,
        FirstSequence = first,
        LowWaterSequence = first,
        OpenEpoch = 1,
        CreatedTicks = 1000 * (long)id,
        Capacity = 64 << 10,
    };

    /// <summary>The segment after another one that ends there.</summary>
    internal static SegmentHeader After(SegmentHeader before, ulong id, long end, long last) =>
        Root(id, last + 1) with
        {
            Link = SegmentLink.Chained,
            LowWaterSequence = 1,
            Predecessor = new SegmentEnd(before.SegmentId, before.Salt, end, last),
        };

    internal static ManifestSegment Listed(
        SegmentHeader header, long end = 0, long last = 0) => new(
            header.FileNumber,
            header.SegmentId,
            header.Salt,
            header.FirstSequence,
            end,
            last,
            header.Alignment);

    internal static Manifest Manifest(params ManifestSegment[] segments) => new()
    {
        StoreId = StoreId,
        Kind = StoreKind.Log,
        Alignment = Block,
        OpenEpoch = 1,
        NextSegmentId = 50,
        NextFileNumber = 500,
        LowWaterSequence = 1,
        NextSequence = 1,
        CleanlyClosed = false,
        Segments = segments,
    };

    /// <summary>Records of ten bytes in a batch each, with a mark.</summary>
    internal static byte[] Group(
        SegmentHeader header,
        long offset,
        long first,
        int records = 1,
        DurableMark mark = default,
        GroupFlags flags = GroupFlags.None,
        long ticks = 5000)
    {
        int each = RecordHeader.EncodedLength(10);
        byte[] bytes = new byte[GroupHeader.Size + (records * each)];
        new GroupHeader(
            flags,
            header.SegmentId,
            header.Salt,
            offset,
            first,
            records,
            bytes.Length,
            ticks,
            mark).Write(bytes);
        uint salt = Crc32C.Append(Crc32C.Start, header.Salt);
        for (int i = 0; i < records; i++)
        {
            int at = GroupHeader.Size + (i * each);
            RecordHeader.Write(
                bytes.AsSpan(at, each),
                salt,
                offset + at,
                first + i,
                RecordFlags.EndOfBatch,
                new byte[10]);
        }

        return bytes;
    }

    /// <summary>Writes a segment's file, of so many blocks.</summary>
    internal void Add(SegmentHeader header, int blocks = 4)
    {
        byte[] bytes = new byte[SegmentHeader.Size];
        header.Write(bytes);
        Put(FileNames.Segment(header.FileNumber), 0, bytes, blocks * Block);
    }

    /// <summary>Puts bytes into a file, which is made where it is missing.</summary>
    internal void Put(string name, long offset, ReadOnlySpan<byte> bytes, long length = 0)
    {
        string path = Path.Combine(Directory, name);
        bool there = Files.ListFiles(Directory).Contains(name);
        using IStorageFile file =
            Files.Open(path, there ? OpenFlags.Write : OpenFlags.CreateNew);
        file.Write(bytes, offset, dataSync: false);
        if (length > file.GetLength())
        {
            file.SetLength(length);
        }
    }

    /// <summary>Puts a group where it says that it stands.</summary>
    internal void Put(SegmentHeader header, long offset, ReadOnlySpan<byte> group) =>
        Put(FileNames.Segment(header.FileNumber), offset, group);
}
