using LogEngine.Format;
using LogEngine.Inspection;
using LogEngine.Storage;

namespace LogEngine.Unit.Inspection;

/// <summary>Where things stand in a segment file, for damaging them.</summary>
internal sealed class Layout : IRecordSink
{
    private Layout(string path)
    {
        Path = path;
        using GroupReader reader = new(
            RealFileSystem.Instance.Open(path, OpenFlags.Read), FormatLimits.MinAlignment);
        for (long at = FormatLimits.MinAlignment; at < reader.Length; at += 4096)
        {
            if (reader.TryReadHeader(null, at, reader.Length, out GroupHeader group))
            {
                Groups.Add(group);
                reader.WalkRecords(group, reader.Length, this);
            }
        }
    }

    internal string Path { get; }

    internal List<GroupHeader> Groups { get; } = [];

    internal List<(long Sequence, long Offset, int Length)> Records { get; } = [];

    /// <summary>End of the last group.</summary>
    internal long End => Groups[^1].Offset + 4096;

    internal static Layout Of(string path) => new(path);

    /// <summary>A byte in the middle of a record's payload.</summary>
    internal long PayloadOf(long sequence)
    {
        (_, long offset, int length) = Records.Single(r => r.Sequence == sequence);
        return offset + RecordHeader.Size + ((length - RecordHeader.Size) / 2);
    }

    internal long OffsetOf(long sequence) =>
        Records.Single(r => r.Sequence == sequence).Offset;

    internal GroupHeader GroupOf(long sequence) => Groups.Single(
        g => g.FirstSequence <= sequence && sequence < g.NextSequence);

    /// <summary>Changes one byte of a file.</summary>
    internal static void Flip(string path, long offset, byte mask = 0x40)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.ReadWrite);
        file.Position = offset;
        int value = file.ReadByte();
        file.Position = offset;
        file.WriteByte((byte)(value ^ mask));
    }

    void IRecordSink.Record(long sequence, long offset, ReadOnlySpan<byte> record) =>
        Records.Add((sequence, offset, record.Length));

    void IRecordSink.Damage(RecordDamage damage) =>
        Assert.Fail($"damage in a fresh file: {damage}");
}
