using LogEngine.Format;

namespace LogEngine.Unit.Format;

public sealed class SegmentHeaderTests
{
    [Fact]
    public void A_chained_header_reads_back()
    {
        Assert.Equal(WorkedExample.Header, Read(Encode(WorkedExample.Header)));
    }

    [Fact]
    public void A_root_reads_back()
    {
        Assert.Equal(Root, Read(Encode(Root)));
    }

    [Fact]
    public void Every_flipped_bit_is_detected()
    {
        byte[] bytes = Encode(WorkedExample.Header);
        Bits.FlipEach(bytes, at => Assert.True(
            SegmentHeader.Read(bytes, false, out _) == HeaderVerdict.Invalid, $"byte {at}"));
    }

    [Fact]
    public void Short_inputs_and_other_kinds_are_invalid()
    {
        byte[] bytes = Encode(WorkedExample.Header);
        Assert.Null(Read(bytes[..191]));
        new FileHeader(FileKind.Spare, 192, 3).Write(bytes);
        Assert.Null(Read(bytes));
        new FileHeader(FileKind.Segment, 200, 3).Write(bytes);
        Assert.Null(Read(bytes));
    }

    [Theory]
    [InlineData(2u, 0ul)]
    [InlineData(1u, 1ul)]
    public void A_newer_segment_is_newer_whatever_else_it_says(uint version, ulong incompatible)
    {
        byte[] bytes = Encode(WorkedExample.Header);
        new FileHeader(
            FileKind.Segment,
            SegmentHeader.Size,
            WorkedExample.Header.FileNumber,
            version,
            Incompatible: incompatible).Write(bytes);
        Assert.Equal(
            HeaderVerdict.Newer, SegmentHeader.Read(bytes, true, out SegmentHeader? header));
        Assert.Null(header);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(512)]
    [InlineData(4095)]
    [InlineData(5000)]
    [InlineData((1 << 20) + 4096)]
    [InlineData(-4096)]
    public void An_alignment_out_of_range_is_invalid(int alignment) =>
        Assert.Null(Read(Encode(Root with { Alignment = alignment })));

    [Theory]
    [InlineData(4096)]
    [InlineData(12_288)]
    [InlineData(1 << 20)]
    public void An_alignment_in_range_is_valid(int alignment) =>
        Assert.NotNull(Read(Encode(Root with { Alignment = alignment })));

    [Fact]
    public void A_chained_header_must_follow_its_predecessor()
    {
        SegmentHeader header = WorkedExample.Header;
        SegmentEnd end = header.Predecessor;
        Assert.Null(Read(Encode(header with
        {
            Predecessor = end with { SegmentId = header.SegmentId },
        })));
        Assert.Null(Read(Encode(header with
        {
            Predecessor = end with { LastSequence = header.FirstSequence },
        })));
        Assert.Null(Read(Encode(header with { Predecessor = end with { EndOffset = 4095 } })));
        Assert.NotNull(Read(Encode(header with { Predecessor = end with { EndOffset = 4096 } })));
    }

    [Fact]
    public void A_root_that_names_a_predecessor_is_invalid() => Assert.Null(Read(Encode(
        Root with { Predecessor = new SegmentEnd(0, 0, 0, 1) })));

    [Theory]
    [InlineData(0u)]
    [InlineData(3u)]
    public void A_reserved_link_is_invalid(uint link) =>
        Assert.Null(Read(Encode(Root with { Link = (SegmentLink)link })));

    [Fact]
    public void Ids_and_sequences_below_one_are_invalid()
    {
        Assert.Null(Read(Encode(Root with { SegmentId = 0 })));
        Assert.Null(Read(Encode(Root with { FirstSequence = 0 })));
        Assert.Null(Read(Encode(Root with { LowWaterSequence = -1 })));
    }

    private static SegmentHeader Root => WorkedExample.Header with
    {
        Link = SegmentLink.Root,
        Predecessor = default,
    };

    private static byte[] Encode(SegmentHeader header)
    {
        byte[] bytes = new byte[SegmentHeader.Size];
        header.Write(bytes);
        return bytes;
    }

    private static SegmentHeader? Read(byte[] bytes)
    {
        HeaderVerdict verdict = SegmentHeader.Read(bytes, true, out SegmentHeader? header);
        Assert.Equal(verdict == HeaderVerdict.Valid, header is not null);
        return header;
    }
}
