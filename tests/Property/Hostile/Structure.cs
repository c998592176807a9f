using LogEngine.Format;
using LogEngine.Storage;
using static System.Buffers.Binary.BinaryPrimitives;

namespace LogEngine.Properties.Hostile;

/// <summary>What has a checksum of its own in a file.</summary>
internal enum StructureKind
{
    FileHeader,
    SegmentHeader,
    SpareHeader,
    StateHeader,
    Block,
    Group,
    Record,
    Footer,
}

/// <summary>A structure at its place, which can be found and given the checksum of what it says.</summary>
internal readonly record struct Structure(StructureKind Kind, int Offset, int Length)
{
    /// <summary>Everything in a file that has a checksum, from what it says while it is sound.</summary>
    internal static List<Structure> FindAll(byte[] file)
    {
        List<Structure> found = [];
        HeaderVerdict verdict = FileHeader.Read(file, forWriting: true, out FileHeader header);
        if (verdict != HeaderVerdict.Valid)
        {
            return found;
        }

        found.Add(new Structure(StructureKind.FileHeader, 0, FileHeader.Size));
        switch (header.Kind)
        {
            case FileKind.Segment:
                found.Add(new Structure(StructureKind.SegmentHeader, 64, SegmentHeader.Size - 64));
                FindGroups(file, found);
                break;
            case FileKind.Spare:
                found.Add(new Structure(StructureKind.SpareHeader, 64, 32));
                break;
            case FileKind.Snapshot:
                found.Add(new Structure(StructureKind.StateHeader, 64, 64));
                for (int at = SnapshotHeader.Size; at + 8 <= file.Length;)
                {
                    int length = SnapshotBlock.EncodedLength(
                        ReadInt32LittleEndian(file.AsSpan(at)));
                    found.Add(new Structure(StructureKind.Block, at, length));
                    at += length;
                }

                break;
        }

        return found;
    }

    /// <summary>Gives it the checksum that its bytes, as they are, must have.</summary>
    internal void Repair(byte[] file)
    {
        if (Offset + Length > file.Length)
        {
            return;
        }

        Span<byte> bytes = file.AsSpan(Offset, Length);
        switch (Kind)
        {
            case StructureKind.FileHeader:
                Put(bytes[60..], Crc32C.Compute(0, 0, bytes[..60]));
                break;
            case StructureKind.SegmentHeader:
                Put(bytes[124..], Crc32C.Compute(Word(bytes, 24), 64, bytes[..124]));
                break;
            case StructureKind.SpareHeader:
                Put(bytes[28..], Crc32C.Compute(0, 64, bytes[..28]));
                break;
            case StructureKind.StateHeader:
                Put(bytes[60..], Crc32C.Compute(Word(bytes, 0), 64, bytes[..60]));
                break;
            case StructureKind.Block:
                byte[] block = [.. bytes[..4], 0, 0, 0, 0, .. bytes[8..]];
                Put(bytes[4..], Crc32C.Compute(Word(file, 64), Offset, block));
                break;
            case StructureKind.Group:
                Put(
                    bytes[92..],
                    Crc32C.Compute(Word(bytes, 16), (long)Word(bytes, 24), bytes[..92]));
                break;
            case StructureKind.Record:
                RepairRecord(file, bytes);
                break;
            case StructureKind.Footer:
                byte[] footer = [.. bytes[..44], .. bytes[48..]];
                Put(bytes[44..], Crc32C.Compute(Word(bytes, 16), Offset, footer));
                break;
        }
    }

    public override string ToString() => $"{Kind}@{Offset}+{Length}";

    private static void FindGroups(byte[] file, List<Structure> found)
    {
        int end = 0;
        for (int at = 4096; at + GroupHeader.Size <= file.Length; at += 4096)
        {
            if (!GroupHeader.TryRead(file.AsSpan(at), at, out GroupHeader group)
                || group.Salt != Word(file, 88))
            {
                continue;
            }

            found.Add(new Structure(StructureKind.Group, at, GroupHeader.Size));
            int record = at + GroupHeader.Size;
            for (int i = 0; i < group.RecordCount; i++)
            {
                int length = FormatLimits.AlignField(
                    (int)RecordHeader.ReadLength(file.AsSpan(record)));
                found.Add(new Structure(StructureKind.Record, record, length));
                record += length;
            }

            end = (record + 4095) / 4096 * 4096;
        }

        if (end > 0 && end + 48 <= file.Length
            && ReadUInt32LittleEndian(file.AsSpan(end)) == SegmentFooter.Magic)
        {
            int length = SegmentFooter.EncodedLength(ReadInt32LittleEndian(file.AsSpan(end + 4)));
            found.Add(new Structure(StructureKind.Footer, end, length));
        }
    }

    /// <summary>Over as much as it now says that it is long, under its segment's salt.</summary>
    private void RepairRecord(byte[] file, Span<byte> bytes)
    {
        long said = FormatLimits.AlignUp(RecordHeader.ReadLength(bytes), 8);
        if (said >= RecordHeader.Size && Offset + said <= file.Length)
        {
            bytes = file.AsSpan(Offset, (int)said);
        }

        uint state = Crc32C.Append(Crc32C.Begin(Word(file, 88), Offset), Word(bytes, 0) >> 32 << 32);
        Put(bytes, Crc32C.Finish(Crc32C.Append(state, bytes[8..])));
    }

    private static void Put(Span<byte> at, uint checksum) => WriteUInt32LittleEndian(at, checksum);

    private static ulong Word(ReadOnlySpan<byte> bytes, int at) =>
        ReadUInt64LittleEndian(bytes[at..]);
}
