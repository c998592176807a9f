using System.Globalization;
using System.Text;
using LogEngine.Format;
using static System.Buffers.Binary.BinaryPrimitives;

namespace LogEngine.Unit.Format;

/// <summary>Decodes the hex at the end of docs/format.md by the tables of that page.</summary>
public sealed class WorkedExampleTests
{
    [SkippableFact]
    public void The_page_shows_what_the_codecs_write()
    {
        (byte[] header, byte[] group) = WorkedExample.Encode();
        string expected = WorkedExample.ToHex(header, 0) + WorkedExample.ToHex(group, 4096);
        string shown = string.Concat(HexLines().Select(line => line + "\n"));
        Assert.Equal(expected, shown);
    }

    [SkippableFact]
    public void The_file_header_of_the_page_has_every_field_where_the_table_says()
    {
        byte[] file = ReadExample();
        Assert.Equal([0x89, 0x4C, 0x4F, 0x47, 0x45, 0x4E, 0x47, 0x0A], file[..8]);
        Assert.Equal(
            [1u, 192u, 1u, 0u],
            new[] { 8, 12, 16, 20 }.Select(at => ReadUInt32LittleEndian(file.AsSpan(at))));
        Assert.Equal([0L, 0, 0, 3], Words(file, 24, 4));
        Assert.Equal(Crc(0, 0, file[..60]), ReadUInt32LittleEndian(file.AsSpan(60)));
    }

    [SkippableFact]
    public void The_segment_header_of_the_page_has_every_field_where_the_table_says()
    {
        byte[] file = ReadExample();
        Assert.Equal(
            new Guid("00112233-4455-6677-8899-aabbccddeeff"),
            new Guid(file.AsSpan(64, 16), bigEndian: true));
        Assert.Equal([7, 0x0123_4567_89AB_CDEF], Words(file, 80, 2));
        Assert.Equal(4096, ReadInt32LittleEndian(file.AsSpan(96)));
        Assert.Equal(1, ReadInt32LittleEndian(file.AsSpan(100)));
        long created = new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc).Ticks;
        Assert.Equal(
            [42, 10, 6, unchecked((long)0xFEDC_BA98_7654_3210), 12_288, 41, 5, created, 64 << 20],
            Words(file, 104, 9));
        Assert.Equal(
            Crc(0x0123_4567_89AB_CDEF, 64, file[64..188]),
            ReadUInt32LittleEndian(file.AsSpan(188)));
    }

    [SkippableFact]
    public void The_group_of_the_page_has_every_field_where_the_table_says()
    {
        byte[] group = ReadExample()[4096..];
        Assert.Equal("GLRP", Encoding.ASCII.GetString(group, 0, 4));
        Assert.Equal(0, ReadInt16LittleEndian(group.AsSpan(4)));
        Assert.Equal(96, ReadInt16LittleEndian(group.AsSpan(6)));
        Assert.Equal([7, 0x0123_4567_89AB_CDEF, 4096, 42], Words(group, 8, 4));
        Assert.Equal(2, ReadInt32LittleEndian(group.AsSpan(40)));
        long time = new DateTime(2026, 1, 2, 3, 4, 6, DateTimeKind.Utc).Ticks;
        Assert.Equal([96 + 32 + 40, time, 6, 12_288, 41], Words(group, 48, 5));
        Assert.Equal(
            Crc(0x0123_4567_89AB_CDEF, 4096, group[..92]),
            ReadUInt32LittleEndian(group.AsSpan(92)));
    }

    [SkippableTheory]
    [InlineData(96, "hello", 42, 0)]
    [InlineData(128, "write-ahead", 43, 1)]
    public void The_records_of_the_page_have_every_field_where_the_table_says(
        int at, string text, long sequence, byte flags)
    {
        byte[] record = ReadExample()[(4096 + at)..];
        int length = ReadInt32LittleEndian(record.AsSpan(4));
        Assert.Equal(24 + text.Length, length);
        Assert.Equal([1, flags, 0, 24, 0, 0, 0, 0], record[8..16]);
        Assert.Equal(sequence, ReadInt64LittleEndian(record.AsSpan(16)));
        Assert.Equal(text, Encoding.UTF8.GetString(record, 24, text.Length));
        byte[] whole = record[..((length + 7) / 8 * 8)];
        Assert.All(whole[length..], padding => Assert.Equal(0, padding));
        uint stored = ReadUInt32LittleEndian(whole);
        whole.AsSpan(0, 4).Clear();
        Assert.Equal(Crc(0x0123_4567_89AB_CDEF, 4096 + at, whole), stored);
    }

    private static long[] Words(byte[] bytes, int at, int count) =>
    [
        .. Enumerable.Range(0, count).Select(
            i => ReadInt64LittleEndian(bytes.AsSpan(at + (8 * i)))),
    ];

    private static uint Crc(ulong salt, long offset, byte[] bytes) => Crc32C.Compute(
        [.. BitConverter.GetBytes(salt), .. BitConverter.GetBytes(offset), .. bytes]);

    /// <summary>The bytes shown, at their offsets; zeros elsewhere.</summary>
    private static byte[] ReadExample()
    {
        byte[] file = new byte[8192];
        foreach (string line in HexLines())
        {
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            int at = int.Parse(words[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            Convert.FromHexString(string.Concat(words[1..])).CopyTo(file, at);
        }

        return file;
    }

    private static List<string> HexLines()
    {
        string page = File.ReadAllText(Repository.RequireFile("docs", "format.md"));
        int section = page.IndexOf("## Worked example", StringComparison.Ordinal);
        Assert.True(section >= 0, "docs/format.md has no section 'Worked example'");
        return
        [
            .. page[section..].Split('\n').Where(
                line => line.Length > 10 && line[8..10] == "  "
                    && line[..8].All(char.IsAsciiHexDigitLower)),
        ];
    }
}
