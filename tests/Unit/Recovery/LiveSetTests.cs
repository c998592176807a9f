using LogEngine.Format;
using LogEngine.Recovery;
using LogEngine.Storage;

namespace LogEngine.Unit.Recovery;

/// <summary>What stays of a recovered chain, and what the next segment's header says of it.</summary>
public sealed class LiveSetTests
{
    private static readonly SegmentHeader _first = HandmadeStore.Root(1, 1);
    private static readonly SegmentHeader _second = HandmadeStore.After(_first, 2, 8192, 10);
    private static readonly Manifest _manifest = HandmadeStore.Manifest() with
    {
        LowWaterSequence = 3,
        NextSequence = 8,
    };

    [Fact]
    public void Without_a_head_the_manifest_says_what_comes_next()
    {
        LiveSet live = LiveSet.Of(new Chain([], []), null, _manifest);
        Assert.Empty(live.Segments);
        Assert.Equal(default, live.Predecessor);
        Assert.Equal((3, 7, 0), (live.LowWaterSequence, live.LastSequence, live.LastTicks));
        Assert.False(live.HeadKept);
    }

    [Fact]
    public void A_head_with_records_stays_and_is_named()
    {
        LiveSet live = LiveSet.Of(Chain(_first, _second), Head(11), _manifest);
        Assert.True(live.HeadKept);
        Assert.Equal([10L, 11], live.Segments.Select(s => s.LastSequence));
        Assert.Equal([8192L, 12_288], live.Segments.Select(s => s.ReadableEnd));
        Assert.All(live.Segments, s => Assert.True(s.IsSealed));
        Assert.Equal(
            new SegmentEnd(_second.SegmentId, _second.Salt, 12_288, 11), live.Predecessor);
        Assert.Equal((3, 11, 777), (live.LowWaterSequence, live.LastSequence, live.LastTicks));
        Assert.Equal(HandmadeStore.PathOf(_second), live.Segments[1].Path);
    }

    [Fact]
    public void A_head_without_a_record_is_skipped_for_its_predecessor()
    {
        LiveSet live = LiveSet.Of(Chain(_first, _second), Head(10), _manifest);
        Assert.False(live.HeadKept);
        Assert.Equal(1UL, Assert.Single(live.Segments).Header.SegmentId);
        Assert.Equal(_second.Predecessor, live.Predecessor);
        Assert.Equal((3, 10), (live.LowWaterSequence, live.LastSequence));
    }

    [Theory]
    [InlineData(3, 11)]
    [InlineData(20, 20)]
    public void A_lone_head_without_a_record_leaves_a_root_behind_all_there_was(
        long lowWater, long expected)
    {
        LiveSet live = LiveSet.Of(
            Chain(_second), Head(10), _manifest with { LowWaterSequence = lowWater });
        Assert.Empty(live.Segments);
        Assert.Equal(default, live.Predecessor);
        Assert.Equal((expected, 10), (live.LowWaterSequence, live.LastSequence));
    }

    private static RecoveredHead Head(long last) => new(
        new TailScan
        {
            EndOffset = 12_288,
            LastSequence = last,
            LastGroupOffset = 8192,
            LastGroupSequence = 1,
            Finding = TailFinding.Nothing,
            TornAtEnd = false,
            Groups = 1,
            LaterGroups = 0,
            TraceEnd = 12_288,
            LastTicks = 777,
            Attested = default,
            Index = null,
        },
        RecoveredTail.Clean);

    private static Chain Chain(params SegmentHeader[] headers) => new(
        [.. headers.Select((header, i) => new ChainedSegment(
            new SurveyedFile(
                header.FileNumber, HandmadeStore.PathOf(header), 65_536, header, null, null),
            i + 1 < headers.Length ? headers[i + 1].Predecessor.EndOffset : 0,
            i + 1 < headers.Length ? headers[i + 1].Predecessor.LastSequence : 0))],
        []);
}
