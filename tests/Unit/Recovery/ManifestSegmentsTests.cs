using LogEngine.Log;
using LogEngine.Recovery;
using LogEngine.Storage;

namespace LogEngine.Unit.Recovery;

/// <summary>Which segments a manifest lists, and with which ends.</summary>
public sealed class ManifestSegmentsTests
{
    [Fact]
    public void A_sealed_segment_is_listed_with_its_end_and_an_open_one_without()
    {
        Segment open = new(HandmadeStore.Root(2, 11), "open");
        open.Publish(8192, 12, 8192);
        Assert.Equal(
            [
                HandmadeStore.Listed(HandmadeStore.Root(1, 1), 12_288, 10),
                HandmadeStore.Listed(HandmadeStore.Root(2, 11)),
            ],
            Of(durable: 12, Sealed(1, first: 1, last: 10, end: 12_288), open));
    }

    [Theory]
    [InlineData(10, 1)]
    [InlineData(11, 2)]
    [InlineData(12, 2)]
    public void A_segment_is_listed_once_its_first_record_is_durable(long durable, int listed) =>
        Assert.Equal(
            listed,
            Of(durable, Sealed(1, 1, 10, 12_288), Sealed(2, 11, 20, 8192)).Count);

    [Fact]
    public void A_segment_without_a_record_is_not_listed()
    {
        Assert.Empty(Of(durable: 20, Sealed(2, first: 11, last: 10, end: 4096)));
        Assert.Single(Of(durable: 20, Sealed(2, first: 11, last: 11, end: 8192)));
    }

    private static Segment Sealed(ulong id, long first, long last, long end) =>
        Segment.Complete(HandmadeStore.Root(id, first), "sealed", end, last, index: null);

    private static IReadOnlyList<ManifestSegment> Of(long durable, params Segment[] segments) =>
        ManifestSegments.Of(segments, durable);
}
