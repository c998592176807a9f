using LogEngine.Format;
using LogEngine.Recovery;
using LogEngine.Storage;

namespace LogEngine.Unit.Recovery;

/// <summary>Which files outside the live set are the store's own, and what they attest.</summary>
public sealed class LeftoversTests
{
    private const int Block = HandmadeStore.Block;

    private static readonly SegmentHeader _head = HandmadeStore.Root(5, 1);
    private static readonly Guid _other = new("ffeeddcc-bbaa-9988-7766-554433221100");

    private readonly HandmadeStore _store = new();

    public LeftoversTests() => _store.Add(_head);

    [Fact]
    public void A_segment_of_this_store_up_to_the_head_is_its_own()
    {
        SegmentHeader older = HandmadeStore.Root(4, 1);
        SegmentHeader foreign = HandmadeStore.Root(3, 1) with { StoreId = _other };
        _store.Add(older);
        _store.Add(foreign);
        AssertOwn(older.FileNumber);
        AssertForeign(foreign.FileNumber);
    }

    [Fact]
    public void A_spare_is_its_stores()
    {
        PutSpare(20, HandmadeStore.StoreId);
        PutSpare(21, _other);
        AssertOwn(20);
        AssertForeign(21);
    }

    [Fact]
    public void An_empty_file_and_one_of_zeros_are_its_own()
    {
        _store.Put(FileNames.Segment(20), 0, []);
        _store.Put(FileNames.Segment(21), 0, [0], 3 * Block);
        _store.Put(FileNames.Segment(22), (3 * Block) - 1, [1]);
        _store.Put(FileNames.Segment(23), 0, [1], 3 * Block);
        AssertOwn(20, 21);
        AssertForeign(22, 23);
    }

    [Fact]
    public void Zeros_are_looked_for_through_a_long_file()
    {
        _store.Put(FileNames.Segment(20), 0, [0], 1 << 20);
        _store.Put(FileNames.Segment(21), (1 << 20) - 1, [1]);
        AssertOwn(20);
        AssertForeign(21);
    }

    [Fact]
    public void A_damaged_header_that_names_the_store_in_clear_is_its_own()
    {
        PutSpare(20, HandmadeStore.StoreId, damaged: true);
        PutSpare(21, _other, damaged: true);
        AssertOwn(20);
        AssertForeign(21);
    }

    [Fact]
    public void Groups_written_after_the_head_are_its_own_and_attest()
    {
        PutGroup(20, Block, HandmadeStore.Root(6, 1), new DurableMark(6, 9000, 70));
        PutGroup(21, Block, HandmadeStore.Root(5, 1), new DurableMark(5, 9000, 80));
        PutGroup(22, 5 * Block, HandmadeStore.Root(7, 1), new DurableMark(7, 8000, 60));
        AssertOwn(20, 22);
        AssertForeign(21);

        Attestation attested = new(1, 2, 65);
        foreach (SurveyedFile file in Walk().Outside)
        {
            OutsideEvidence.TryFind(_store.Files, file, _head.SegmentId, ref attested);
        }

        Assert.Equal(new Attestation(7, 8000, 70), attested);
    }

    [Fact]
    public void A_group_at_the_very_end_is_found_and_one_that_is_cut_is_not()
    {
        PutGroup(20, 3 * Block, HandmadeStore.Root(6, 1), default);
        byte[] group = HandmadeStore.Group(HandmadeStore.Root(6, 1), 3 * Block, 1);
        _store.Put(FileNames.Segment(21), 3 * Block, group.AsSpan(0, GroupHeader.Size - 1));
        AssertOwn(20);
        AssertForeign(21);
    }

    [Fact]
    public void A_skipped_head_is_left_over_too_and_is_not_removed_for_the_space()
    {
        PutSpare(20, HandmadeStore.StoreId);
        SegmentHeader older = HandmadeStore.Root(4, 1);
        _store.Add(older);
        Chain chain = Walk();
        LiveSet skipped = Live(kept: false);
        Assert.Equal(
            [Path(20), HandmadeStore.PathOf(older), HandmadeStore.PathOf(_head)],
            Leftovers.Of(_store.Files, chain, skipped, HandmadeStore.StoreId).Own);
        Assert.True(Leftovers.TryRemove(_store.Files, chain, HandmadeStore.StoreId));
        Assert.Equal(
            [FileNames.Segment(_head.FileNumber)],
            _store.Files.ListFiles(HandmadeStore.Directory));
        Assert.False(Leftovers.TryRemove(_store.Files, Walk(), HandmadeStore.StoreId));
    }

    [Fact]
    public void What_is_foreign_is_not_removed_for_the_space()
    {
        PutSpare(21, _other);
        Assert.False(Leftovers.TryRemove(_store.Files, Walk(), HandmadeStore.StoreId));
        Assert.Equal(2, _store.Files.ListFiles(HandmadeStore.Directory).Count);
    }

    [Fact]
    public void Without_a_head_no_segment_is_its_own()
    {
        HandmadeStore empty = new();
        PutSpare(20, HandmadeStore.StoreId, store: empty);
        Chain chain = Walk(empty);
        Assert.Null(chain.Head);
        Assert.Equal(
            [Path(20)],
            Leftovers.Of(
                empty.Files, chain, Live(kept: false), HandmadeStore.StoreId).Own);
        Assert.True(Leftovers.TryRemove(empty.Files, chain, HandmadeStore.StoreId));
    }

    private static string Path(ulong number) =>
        System.IO.Path.Combine(HandmadeStore.Directory, FileNames.Segment(number));

    private static LiveSet Live(bool kept) => new()
    {
        Segments = [],
        Predecessor = default,
        LowWaterSequence = 1,
        LastSequence = 0,
        LastTicks = 0,
        HeadKept = kept,
    };

    private void AssertOwn(params ulong[] numbers) =>
        Assert.Equal(numbers.Select(Path), Judge().Own);

    private void AssertForeign(params ulong[] numbers) =>
        Assert.Equal(numbers.Select(FileNames.Segment), Judge().Foreign);

    private Leftovers Judge()
    {
        Chain chain = Walk();
        return Leftovers.Of(
            _store.Files, chain, Live(kept: true), HandmadeStore.StoreId);
    }

    private Chain Walk(HandmadeStore? store = null) => ChainWalk.Walk(
        HandmadeStore.Directory,
        DirectorySurvey.Take(
            (store ?? _store).Files, HandmadeStore.Directory, forWriting: true, mayVanish: false),
        HandmadeStore.Manifest());

    private void PutSpare(
        ulong number, Guid owner, bool damaged = false, HandmadeStore? store = null)
    {
        byte[] bytes = new byte[SpareHeader.Size];
        SpareHeader.Write(bytes, number, owner);
        bytes[^1] ^= damaged ? (byte)1 : (byte)0;
        (store ?? _store).Put(FileNames.Segment(number), 0, bytes, 4 * Block);
    }

    private void PutGroup(ulong number, long offset, SegmentHeader segment, DurableMark mark) =>
        _store.Put(
            FileNames.Segment(number),
            offset,
            HandmadeStore.Group(segment, offset, 1, mark: mark));
}
