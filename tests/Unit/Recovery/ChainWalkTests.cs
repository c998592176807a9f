using LogEngine.Format;
using LogEngine.Recovery;
using LogEngine.Storage;

namespace LogEngine.Unit.Recovery;

/// <summary>What of a directory is live, and what of it must have been damaged.</summary>
public sealed class ChainWalkTests
{
    private static readonly SegmentHeader _first = HandmadeStore.Root(1, 1);
    private static readonly SegmentHeader _second = HandmadeStore.After(_first, 2, 8192, 10);
    private static readonly SegmentHeader _third = HandmadeStore.After(_second, 4, 12_288, 25);

    private readonly HandmadeStore _store = new();

    [Fact]
    public void Nothing_there_and_nothing_listed_is_an_empty_chain()
    {
        Chain chain = Walk(HandmadeStore.Manifest());
        Assert.Null(chain.Head);
        Assert.Empty(chain.Live);
        Assert.Empty(chain.Outside);
    }

    [Fact]
    public void Nothing_of_an_engine_is_an_empty_chain_too() => Assert.Empty(Walk(Engine()).Live);

    [Fact]
    public void Segments_are_found_from_the_head_back_with_the_ends_their_successors_name()
    {
        AddAll();
        Chain chain = Walk(HandmadeStore.Manifest());
        Assert.Equal([1UL, 2, 4], chain.Live.Select(s => s.Header.SegmentId));
        Assert.Equal([8192L, 12_288, 0], chain.Live.Select(s => s.EndOffset));
        Assert.Equal([10L, 25, 0], chain.Live.Select(s => s.LastSequence));
        Assert.Same(chain.Live[2], chain.Head);
        Assert.Empty(chain.Outside);
    }

    [Fact]
    public void Files_of_another_store_and_without_a_header_are_outside()
    {
        AddAll();
        SegmentHeader foreign = HandmadeStore.Root(9, 1) with { StoreId = Guid.NewGuid() };
        _store.Add(foreign);
        _store.Put(FileNames.Segment(7), 0, [1, 2, 3]);
        Chain chain = Walk(HandmadeStore.Manifest());
        Assert.Equal(4UL, chain.Head!.Header.SegmentId);
        Assert.Equal([7UL, 109], chain.Outside.Select(f => f.FileNumber));
    }

    [Fact]
    public void A_second_file_with_an_id_is_corruption()
    {
        AddAll();
        SegmentHeader copy = _second with { FileNumber = 300 };
        _store.Add(copy);
        CorruptionException found = Refused(HandmadeStore.Manifest());
        Assert.Equal((HandmadeStore.PathOf(copy), 0), (found.Path, found.Offset));
        Assert.Contains("second file carries segment id 2", found.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_listed_segment_above_every_header_is_missing()
    {
        CorruptionException found = Refused(
            HandmadeStore.Manifest(HandmadeStore.Listed(_third)));
        Assert.Equal((HandmadeStore.PathOf(_third), 0), (found.Path, found.Offset));
        Assert.Contains(
            "segment 4, which the manifest lists, is missing or its header is damaged",
            found.Message,
            StringComparison.Ordinal);

        _store.Add(_first);
        Refused(HandmadeStore.Manifest(HandmadeStore.Listed(_third)));
        _store.Add(_second);
        _store.Add(_third);
        Walk(HandmadeStore.Manifest(HandmadeStore.Listed(_third)));
    }

    [Theory]
    [InlineData(1, 1, true)]
    [InlineData(5, 5, true)]
    [InlineData(5, 6, true)]
    [InlineData(6, 5, false)]
    public void A_root_begins_at_the_low_water_mark_or_below(
        long first, long lowWater, bool whole)
    {
        SegmentHeader root = HandmadeStore.Root(1, first);
        _store.Add(root);
        Manifest manifest = HandmadeStore.Manifest() with { LowWaterSequence = lowWater };
        if (whole)
        {
            Assert.Single(Walk(manifest).Live);
            return;
        }

        CorruptionException found = Refused(manifest);
        Assert.Equal((HandmadeStore.PathOf(root), 0), (found.Path, found.Offset));
        Assert.Contains(
            $"starts at {lowWater}, this root segment at {first}: what lies between is missing",
            found.Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(10, true)]
    [InlineData(11, false)]
    public void A_predecessor_is_needed_down_to_the_low_water_mark(long lowWater, bool needed)
    {
        _store.Add(_second);
        _store.Add(_third);
        Manifest manifest = HandmadeStore.Manifest() with { LowWaterSequence = lowWater };
        if (!needed)
        {
            Assert.Equal([2UL, 4], Walk(manifest).Live.Select(s => s.Header.SegmentId));
            return;
        }

        CorruptionException found = Refused(manifest);
        Assert.Equal((HandmadeStore.Directory, -1), (found.Path, found.Offset));
        Assert.Contains("segment 1, up to sequence 10", found.Message, StringComparison.Ordinal);
        Assert.Contains("segment 2 names it", found.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_truncated_predecessor_that_is_still_there_is_outside()
    {
        AddAll();
        Chain chain = Walk(HandmadeStore.Manifest() with { LowWaterSequence = 11 });
        Assert.Equal([2UL, 4], chain.Live.Select(s => s.Header.SegmentId));
        Assert.Equal([101UL], chain.Outside.Select(f => f.FileNumber));
    }

    [Fact]
    public void A_predecessor_of_another_life_of_its_file_is_corruption()
    {
        _store.Add(_first with { Salt = 1 });
        _store.Add(_second);
        CorruptionException found = Refused(HandmadeStore.Manifest());
        Assert.Equal((HandmadeStore.PathOf(_first), 88), (found.Path, found.Offset));
        Assert.Contains("salt differs", found.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(8192, true)]
    [InlineData(8191, false)]
    public void A_file_is_as_long_as_its_successor_names(long length, bool whole)
    {
        _store.Add(_first, blocks: 1);
        _store.Put(FileNames.Segment(_first.FileNumber), length - 1, [0]);
        _store.Add(_second);
        if (whole)
        {
            Assert.Equal(2, Walk(HandmadeStore.Manifest()).Live.Count);
            return;
        }

        CorruptionException found = Refused(HandmadeStore.Manifest());
        Assert.Equal((HandmadeStore.PathOf(_first), length), (found.Path, found.Offset));
        Assert.Contains("names 8192", found.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_listed_is_in_the_chain_or_older_than_all_of_it()
    {
        _store.Add(_second);
        _store.Add(_third);
        Manifest truncated = HandmadeStore.Manifest(
            HandmadeStore.Listed(_first, 8192, 10),
            HandmadeStore.Listed(_second, 12_288, 25),
            HandmadeStore.Listed(_third)) with
        { LowWaterSequence = 11 };
        Assert.Equal(2, Walk(truncated).Live.Count);

        SegmentHeader between = HandmadeStore.Root(3, 20);
        CorruptionException found = Refused(truncated with
        {
            Segments = [HandmadeStore.Listed(between, 8192, 25), HandmadeStore.Listed(_third)],
        });
        Assert.Equal((HandmadeStore.PathOf(between), 0), (found.Path, found.Offset));
        Assert.Contains("not in the chain", found.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_listed_is_the_same_life_of_the_same_file()
    {
        AddAll();
        ManifestSegment listed = HandmadeStore.Listed(_second, 12_288, 25);
        Walk(HandmadeStore.Manifest(listed));
        Assert.Contains(
            "not the one",
            Refused(HandmadeStore.Manifest(listed with { Salt = 1 })).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "not the one",
            Refused(HandmadeStore.Manifest(listed with { FileNumber = 1 })).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Manifest_and_successor_name_the_same_end()
    {
        AddAll();
        foreach (ManifestSegment other in (ManifestSegment[])
        [
            HandmadeStore.Listed(_second, 16_384, 25), HandmadeStore.Listed(_second, 12_288, 24),
        ])
        {
            CorruptionException found = Refused(HandmadeStore.Manifest(other));
            Assert.Equal((HandmadeStore.PathOf(_second), other.EndOffset), (found.Path, found.Offset));
            Assert.Contains("different ends", found.Message, StringComparison.Ordinal);
        }

        // Open when it was listed; or open now, so that nobody has named its end.
        Walk(HandmadeStore.Manifest(HandmadeStore.Listed(_second)));
        Walk(HandmadeStore.Manifest(HandmadeStore.Listed(_third, 8192, 30)));
    }

    [Fact]
    public void Of_an_engine_what_the_manifest_lists_is_live_with_the_ends_it_names()
    {
        // Segments 2 was freed: 4 names it as its predecessor, and it is not needed.
        _store.Add(_first);
        _store.Add(_third);
        Chain chain = Walk(Engine(
            HandmadeStore.Listed(_first, 8192, 10), HandmadeStore.Listed(_third)));
        Assert.Equal([1UL, 4], chain.Live.Select(s => s.Header.SegmentId));
        Assert.Equal([8192L, 0], chain.Live.Select(s => s.EndOffset));
        Assert.Equal([10L, 0], chain.Live.Select(s => s.LastSequence));
    }

    [Fact]
    public void Of_an_engine_the_walk_goes_back_to_the_newest_that_is_listed()
    {
        AddAll();
        Chain chain = Walk(Engine(HandmadeStore.Listed(_second)));
        Assert.Equal([2UL, 4], chain.Live.Select(s => s.Header.SegmentId));
        Assert.Equal([101UL], chain.Outside.Select(f => f.FileNumber));
    }

    [Fact]
    public void Of_an_engine_a_listed_segment_must_be_there_under_its_number()
    {
        _store.Add(_third);
        Manifest manifest = Engine(
            HandmadeStore.Listed(_first, 8192, 10), HandmadeStore.Listed(_third));
        CorruptionException found = Refused(manifest);
        Assert.Equal((HandmadeStore.PathOf(_first), 0), (found.Path, found.Offset));
        Assert.Contains(
            "segment 1, which the manifest lists, is missing or its header is damaged",
            found.Message,
            StringComparison.Ordinal);

        _store.Add(_first with { FileNumber = 77 });
        Refused(manifest);
    }

    [Fact]
    public void Of_an_engine_a_listed_segment_is_complete_and_as_long_as_it_says()
    {
        _store.Add(_first, blocks: 2);
        _store.Add(_third);
        Assert.Equal(2, Walk(Engine(
            HandmadeStore.Listed(_first, 8192, 10), HandmadeStore.Listed(_third))).Live.Count);
        foreach (ManifestSegment wrong in (ManifestSegment[])
            [HandmadeStore.Listed(_first, 8193, 10), HandmadeStore.Listed(_first)])
        {
            CorruptionException found = Refused(Engine(wrong, HandmadeStore.Listed(_third)));
            Assert.Equal((HandmadeStore.PathOf(_first), 8192), (found.Path, found.Offset));
            Assert.Contains(
                $"names {wrong.EndOffset}", found.Message, StringComparison.Ordinal);
        }
    }

    private static Manifest Engine(params ManifestSegment[] segments) =>
        HandmadeStore.Manifest(segments) with { Kind = StoreKind.Engine };

    private void AddAll()
    {
        _store.Add(_first);
        _store.Add(_second);
        _store.Add(_third);
    }

    private Chain Walk(Manifest manifest) => ChainWalk.Walk(
        HandmadeStore.Directory,
        DirectorySurvey.Take(
            _store.Files, HandmadeStore.Directory, forWriting: true, mayVanish: false),
        manifest);

    private CorruptionException Refused(Manifest manifest) =>
        Assert.Throws<CorruptionException>(() => Walk(manifest));
}
