using LogEngine.Format;

namespace LogEngine.Unit.Format;

public sealed class FileHeaderTests
{
    private static readonly FileHeader Sample = new(FileKind.Segment, 192, 0x1122_3344_5566);

    [Theory]
    [InlineData(FileKind.Segment, 192u, 1ul)]
    [InlineData(FileKind.Spare, 96u, ulong.MaxValue)]
    [InlineData(FileKind.Snapshot, 64u, 0ul)]
    [InlineData(FileKind.Snapshot, 4096u, 0ul)]
    internal void A_header_reads_back(FileKind kind, uint length, ulong number)
    {
        FileHeader header = new(kind, length, number, Compatible: 0xF0);
        Assert.Equal(HeaderVerdict.Valid, Read(Encode(header), true, out FileHeader read));
        Assert.Equal(header, read);
    }

    [Fact]
    public void Every_flipped_bit_is_damage_and_never_newer()
    {
        byte[] bytes = Encode(Sample);
        Bits.FlipEach(bytes, at => Assert.True(
            Read(bytes, false, out _) == HeaderVerdict.Invalid, $"byte {at}"));
    }

    [Fact]
    public void Every_byte_with_every_value_is_damage()
    {
        byte[] bytes = Encode(Sample);
        for (int at = 0; at < bytes.Length; at++)
        {
            byte right = bytes[at];
            for (int value = 0; value < 256; value++)
            {
                bytes[at] = (byte)value;
                HeaderVerdict expected =
                    value == right ? HeaderVerdict.Valid : HeaderVerdict.Invalid;
                Assert.Equal(expected, Read(bytes, true, out _));
            }

            bytes[at] = right;
        }
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(2u)]
    [InlineData(uint.MaxValue)]
    public void Another_version_under_a_right_checksum_is_newer(uint version)
    {
        byte[] bytes = Encode(Sample with { Version = version });
        Assert.Equal(HeaderVerdict.Newer, Read(bytes, false, out FileHeader read));
        Assert.Contains($"version {version}", read.DescribeNewer(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0ul, 1ul, HeaderVerdict.Newer, HeaderVerdict.Newer)]
    [InlineData(1ul, 0ul, HeaderVerdict.Valid, HeaderVerdict.Newer)]
    [InlineData(1ul << 63, 0ul, HeaderVerdict.Valid, HeaderVerdict.Newer)]
    internal void Unknown_features_are_newer_for_those_who_must_know_them(
        ulong readOnlyCompatible,
        ulong incompatible,
        HeaderVerdict reading,
        HeaderVerdict writing)
    {
        byte[] bytes = Encode(Sample with
        {
            ReadOnlyCompatible = readOnlyCompatible,
            Incompatible = incompatible,
        });
        Assert.Equal(reading, Read(bytes, false, out _));
        Assert.Equal(writing, Read(bytes, true, out FileHeader read));
        Assert.Contains("feature", read.DescribeNewer(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_description_of_a_newer_header_names_the_bits_that_are_not_known()
    {
        FileHeader header = Sample with { Incompatible = 0xAB, ReadOnlyCompatible = 0xCD };
        Assert.Equal(
            "unknown feature bits (incompatible 0xAB, read-only compatible 0xCD)",
            header.DescribeNewer());
    }

    [Fact]
    public void The_number_stands_in_clear_behind_the_magic_whatever_the_checksum()
    {
        byte[] bytes = Encode(Sample);
        bytes[^1] ^= 1;
        Assert.Equal(Sample.FileNumber, FileHeader.NumberInClear(bytes));
        Assert.Equal(Sample.FileNumber, FileHeader.NumberInClear([.. bytes, 0]));
        Assert.Null(FileHeader.NumberInClear(bytes.AsSpan(0, FileHeader.Size - 1)));
        Assert.Null(FileHeader.NumberInClear([]));
        for (int at = 0; at < 8; at++)
        {
            bytes[at] ^= 1;
            Assert.Null(FileHeader.NumberInClear(bytes));
            bytes[at] ^= 1;
        }
    }

    [Fact]
    public void Unknown_compatible_features_are_ignored()
    {
        byte[] bytes = Encode(Sample with { Compatible = ulong.MaxValue });
        Assert.Equal(HeaderVerdict.Valid, Read(bytes, true, out _));
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(56u)]
    [InlineData(65u)]
    [InlineData(4104u)]
    [InlineData(uint.MaxValue)]
    public void A_header_length_out_of_range_is_invalid(uint length) => Assert.Equal(
        HeaderVerdict.Invalid, Read(Encode(Sample with { HeaderLength = length }), false, out _));

    [Fact]
    public void Zeros_and_short_inputs_are_invalid()
    {
        Assert.Equal(HeaderVerdict.Invalid, Read(new byte[4096], false, out _));
        byte[] bytes = Encode(Sample);
        for (int length = 0; length < bytes.Length; length++)
        {
            Assert.Equal(HeaderVerdict.Invalid, Read(bytes[..length], false, out _));
        }
    }

    private static byte[] Encode(FileHeader header)
    {
        byte[] bytes = new byte[FileHeader.Size];
        header.Write(bytes);
        return bytes;
    }

    private static HeaderVerdict Read(byte[] bytes, bool forWriting, out FileHeader header) =>
        FileHeader.Read(bytes, forWriting, out header);
}
