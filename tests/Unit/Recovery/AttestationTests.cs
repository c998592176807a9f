using LogEngine.Format;
using LogEngine.Recovery;

namespace LogEngine.Unit.Recovery;

public sealed class AttestationTests
{
    private static readonly Attestation _some = new(5, 8192, 40);

    [Theory]
    [InlineData(5, 8192, 40, false)]
    [InlineData(5, 8192, 39, true)]
    [InlineData(5, 8192, 41, false)]
    [InlineData(5, 8191, 40, true)]
    [InlineData(5, 8193, 40, false)]
    [InlineData(4, 99_999, 40, true)]
    [InlineData(6, 0, 40, false)]
    [InlineData(6, 0, 39, true)]
    public void More_is_attested_by_a_later_position_or_a_higher_sequence(
        ulong segmentId, long end, long last, bool more) =>
        Assert.Equal(more, _some.Exceeds(segmentId, end, last));

    [Theory]
    [InlineData(4, 99_999, 30, 5, 8192, 40)]
    [InlineData(4, 99_999, 50, 5, 8192, 50)]
    [InlineData(5, 8191, 41, 5, 8192, 41)]
    [InlineData(5, 8192, 40, 5, 8192, 40)]
    [InlineData(5, 8193, 39, 5, 8193, 40)]
    [InlineData(6, 0, 39, 6, 0, 40)]
    public void The_later_position_and_the_higher_sequence_stay(
        ulong segmentId, long end, long sequence, ulong laterId, long laterEnd, long higher)
    {
        Attestation expected = new(laterId, laterEnd, higher);
        Assert.Equal(expected, _some.With(new Attestation(segmentId, end, sequence)));
        Assert.Equal(expected, _some.With(new DurableMark(segmentId, end, sequence)));
        Assert.Equal(expected, new Attestation(segmentId, end, sequence).With(_some));
    }

    [Fact]
    public void A_header_attests_what_comes_before_its_segment()
    {
        SegmentHeader second = HandmadeStore.After(HandmadeStore.Root(1, 1), 2, 8192, 10);
        Assert.Equal(new Attestation(1, 8192, 10), Attestation.Of(second));
        Assert.Equal(new Attestation(0, 0, 6), Attestation.Of(HandmadeStore.Root(3, 7)));
    }

    [Fact]
    public void A_manifest_attests_its_sequence_and_the_ends_of_closed_segments()
    {
        SegmentHeader first = HandmadeStore.Root(1, 1);
        Assert.Equal(
            new Attestation(0, 0, 11),
            default(Attestation).With(HandmadeStore.Manifest() with { NextSequence = 12 }));
        Assert.Equal(
            new Attestation(1, 8192, 20),
            default(Attestation).With(HandmadeStore.Manifest(
                HandmadeStore.Listed(first, 8192, 20),
                HandmadeStore.Listed(HandmadeStore.Root(9, 30)))));
    }
}
