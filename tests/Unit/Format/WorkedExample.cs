using System.Text;
using LogEngine.Format;

namespace LogEngine.Unit.Format;

/// <summary>
/// The segment at the end of docs/format.md: one group that holds one batch of two records.
/// </summary>
internal static class WorkedExample
{
    internal static readonly byte[][] Payloads =
        [Encoding.UTF8.GetBytes("hello"), Encoding.UTF8.GetBytes("write-ahead")];

    private static readonly DateTime Time = new(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc);

    internal static SegmentHeader Header { get; } = new()
    {
        FileNumber = 3,
        StoreId = new Guid("00112233-4455-6677-8899-aabbccddeeff"),
        SegmentId = 7,
        Salt = 0x0123_4567_89AB_CDEF,
        Alignment = 4096,
        Link = SegmentLink.Chained,
        FirstSequence = 42,
        LowWaterSequence = 10,
        Predecessor = new SegmentEnd(6, 0xFEDC_BA98_7654_3210, 12_288, 41),
        OpenEpoch = 5,
        CreatedTicks = Time.Ticks,
        Capacity = 64 << 20,
    };

    internal static GroupHeader Group { get; } = new(
        GroupFlags.None,
        Header.SegmentId,
        Header.Salt,
        Offset: 4096,
        FirstSequence: 42,
        RecordCount: 2,
        Length: 96 + 32 + 40,
        TimeTicks: Time.AddSeconds(1).Ticks,
        new DurableMark(6, 12_288, 41));

    /// <summary>The header, then the group; what lies between in the file is zero.</summary>
    internal static (byte[] Header, byte[] Group) Encode()
    {
        byte[] header = new byte[SegmentHeader.Size];
        Header.Write(header);
        byte[] group = new byte[Group.Length];
        Group.Write(group);
        uint saltState = Crc32C.Append(Crc32C.Start, Header.Salt);
        int at = GroupHeader.Size;
        for (int i = 0; i < Payloads.Length; i++)
        {
            int length = RecordHeader.EncodedLength(Payloads[i].Length);
            RecordHeader.Write(
                group.AsSpan(at, length),
                saltState,
                Group.Offset + at,
                Group.FirstSequence + i,
                i == Payloads.Length - 1 ? RecordFlags.EndOfBatch : RecordFlags.None,
                Payloads[i]);
            at += length;
        }

        return (header, group);
    }

    /// <summary>As the document shows bytes: the offset, then sixteen of them.</summary>
    internal static string ToHex(byte[] bytes, long offset)
    {
        StringBuilder text = new();
        for (int at = 0; at < bytes.Length; at += 16)
        {
            ReadOnlySpan<byte> row = bytes.AsSpan(at, Math.Min(16, bytes.Length - at));
            string hex = string.Join(' ', row.ToArray().Select(b => b.ToString("x2", null)));
            text.Append(null, $"{offset + at:x8}  {hex}\n");
        }

        return text.ToString();
    }
}
