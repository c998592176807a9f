using LogEngine.Format;

namespace LogEngine.Unit.Format;

public sealed class GroupHeaderTests
{
    private static readonly GroupHeader Sample = WorkedExample.Group;

    [Fact]
    public void A_header_reads_back_at_its_own_offset_only()
    {
        byte[] bytes = Encode(Sample);
        Assert.True(GroupHeader.TryRead(bytes, Sample.Offset, out GroupHeader read));
        Assert.Equal(Sample, read);
        Assert.False(GroupHeader.TryRead(bytes, Sample.Offset + 4096, out _));
    }

    [Fact]
    public void An_empty_group_with_a_seal_reads_back()
    {
        GroupHeader seal = Sample with
        {
            Flags = GroupFlags.Seal,
            RecordCount = 0,
            Length = GroupHeader.Size,
        };
        Assert.True(GroupHeader.TryRead(Encode(seal), seal.Offset, out GroupHeader read));
        Assert.Equal(seal, read);
    }

    [Fact]
    public void Every_flipped_bit_is_detected()
    {
        byte[] bytes = Encode(Sample);
        Bits.FlipEach(bytes, at => Assert.False(
            GroupHeader.TryRead(bytes, Sample.Offset, out _), $"byte {at}"));
    }

    [Fact]
    public void Zeros_and_short_inputs_are_no_group()
    {
        Assert.False(GroupHeader.TryRead(new byte[96], 0, out _));
        byte[] bytes = Encode(Sample);
        Assert.False(GroupHeader.TryRead(bytes.AsSpan(0, 95), Sample.Offset, out _));
        Assert.False(GroupHeader.TryRead([], Sample.Offset, out _));
    }

    [Theory]
    [InlineData(1, 96)]
    [InlineData(2, 143)]
    [InlineData(2, 145)]
    [InlineData(-1, 96)]
    [InlineData(0, 104)]
    [InlineData(0, 0)]
    [InlineData(1, -8)]
    [InlineData(1, long.MaxValue - 7)]
    [InlineData(int.MaxValue, 4096)]
    public void Hostile_counts_and_lengths_are_refused(int records, long length) =>
        Assert.False(GroupHeader.TryRead(
            Encode(Sample with { RecordCount = records, Length = length }),
            Sample.Offset,
            out _));

    [Fact]
    public void The_longest_group_a_writer_makes_is_accepted_and_eight_bytes_more_are_not()
    {
        long most = FormatLimits.MaxGroupBytes;
        Assert.True(Accepts(most));
        Assert.False(Accepts(most + 8));
        static bool Accepts(long length) => GroupHeader.TryRead(
            Encode(Sample with { Length = length }), Sample.Offset, out _);
    }

    [Fact]
    public void A_sequence_below_one_is_refused() => Assert.False(GroupHeader.TryRead(
        Encode(Sample with { FirstSequence = 0 }), Sample.Offset, out _));

    [Fact]
    public void Identity_in_clear_is_the_salt_or_behind_the_magic_the_id()
    {
        byte[] bytes = Encode(Sample);
        Assert.True(GroupHeader.CarriesIdentity(bytes, Sample.SegmentId, Sample.Salt));
        Assert.True(GroupHeader.CarriesIdentity(bytes, Sample.SegmentId + 1, Sample.Salt));
        Assert.True(GroupHeader.CarriesIdentity(bytes, Sample.SegmentId, Sample.Salt + 1));
        Assert.False(GroupHeader.CarriesIdentity(bytes, Sample.SegmentId + 1, Sample.Salt + 1));

        bytes[0] ^= 1;
        Assert.True(GroupHeader.CarriesIdentity(bytes, Sample.SegmentId, Sample.Salt));
        Assert.False(GroupHeader.CarriesIdentity(bytes, Sample.SegmentId, Sample.Salt + 1));
    }

    [Fact]
    public void Identity_in_clear_ends_with_the_salt_and_a_footer_has_none()
    {
        byte[] bytes = Encode(Sample);
        Assert.True(GroupHeader.CarriesIdentity(
            bytes.AsSpan(0, 24), Sample.SegmentId, Sample.Salt));
        Assert.False(GroupHeader.CarriesIdentity(
            bytes.AsSpan(0, 23), Sample.SegmentId, Sample.Salt));
        Assert.False(GroupHeader.CarriesIdentity(new byte[96], Sample.SegmentId, Sample.Salt));
        Assert.False(GroupHeader.CarriesIdentity([], Sample.SegmentId, Sample.Salt));

        byte[] footer = new byte[SegmentFooter.EncodedLength(0)];
        SegmentFooter.Write(footer, Sample.SegmentId, Sample.Salt, Sample.Offset, 1, []);
        Assert.False(GroupHeader.CarriesIdentity(footer, Sample.SegmentId, Sample.Salt));
    }

    private static byte[] Encode(GroupHeader header)
    {
        byte[] bytes = new byte[GroupHeader.Size];
        header.Write(bytes);
        return bytes;
    }
}
