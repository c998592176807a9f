using LogEngine.Format;
using LogEngine.Recovery;
using LogEngine.Storage;

namespace LogEngine.Unit.Recovery;

/// <summary>What is found at the end of the newest segment, and what is made of it.</summary>
public sealed class TailScanTests
{
    private const int Block = HandmadeStore.Block;

    private static readonly SegmentHeader _head =
        HandmadeStore.After(HandmadeStore.Root(1, 1), 2, 8192, 10);

    private readonly HandmadeStore _store = new();

    public TailScanTests() => _store.Add(_head, blocks: 6);

    [Fact]
    public void A_segment_without_a_group_ends_where_its_groups_would_begin()
    {
        TailScan scan = Scan();
        Assert.Equal(TailFinding.Nothing, scan.Finding);
        Assert.Equal((Block, 10, 0), (scan.EndOffset, scan.LastSequence, scan.Groups));
        Assert.Equal((0, Block, false), (scan.LaterGroups, scan.TraceEnd, scan.TornAtEnd));
        Assert.Equal(_head.CreatedTicks, scan.LastTicks);
        Assert.Equal(new Attestation(1, 8192, 10), scan.Attested);
    }

    [Fact]
    public void Groups_are_followed_while_their_sequences_follow()
    {
        Put(1, first: 11, records: 2, ticks: 9000);
        Put(2, first: 13, ticks: 7000, mark: new DurableMark(2, 2 * Block, 12));
        TailScan scan = Scan();
        Assert.Equal(TailFinding.Nothing, scan.Finding);
        Assert.Equal((3 * Block, 13, 2), (scan.EndOffset, scan.LastSequence, scan.Groups));
        Assert.Equal(9000, scan.LastTicks);
        Assert.Equal(new Attestation(2, 2 * Block, 12), scan.Attested);
        Assert.Equal(3 * Block, scan.TraceEnd);
        Assert.Equal(
            [new SparseEntry(11, Block, 9000)], scan.Index!.Entries.ToArray().Take(1));
    }

    [Fact]
    public void A_group_that_goes_on_from_further_up_is_read_from_there()
    {
        Put(2, first: 50);
        TailScan scan = TailScan.Run(Open(), _head, 2 * Block, 50);
        Assert.Equal((3 * Block, 50, 1), (scan.EndOffset, scan.LastSequence, scan.Groups));
    }

    [Fact]
    public void A_seal_ends_it_and_nothing_behind_is_looked_at()
    {
        Put(1, first: 11);
        Put(2, first: 12, records: 0, flags: GroupFlags.Seal);
        Put(3, first: 12);
        TailScan scan = Scan();
        Assert.Equal(TailFinding.Sealed, scan.Finding);
        Assert.Equal((3 * Block, 11, 2), (scan.EndOffset, scan.LastSequence, scan.Groups));
        Assert.Equal((0, 3 * Block), (scan.LaterGroups, scan.TraceEnd));
    }

    [Fact]
    public void A_torn_body_is_told_from_a_torn_header()
    {
        Put(1, first: 11);
        Put(2, first: 12, records: 3, mark: new DurableMark(2, 2 * Block, 11));
        Flip((2 * Block) + GroupHeader.Size + 30);
        TailScan body = Scan();
        Assert.Equal(TailFinding.TornBody, body.Finding);
        Assert.True(body.TornAtEnd);
        Assert.Equal((2 * Block, 11), (body.EndOffset, body.LastSequence));
        Assert.Equal(3 * Block, body.TraceEnd);
        Assert.Equal(new Attestation(2, 2 * Block, 11), body.Attested);

        Flip((2 * Block) + 60);
        TailScan header = Scan();
        Assert.Equal(TailFinding.Traces, header.Finding);
        Assert.True(header.TornAtEnd);
        Assert.Equal(3 * Block, header.TraceEnd);
        Assert.Equal(new Attestation(1, 8192, 10), header.Attested);
    }

    [Fact]
    public void Traces_behind_an_empty_block_are_found_and_their_end_is_bounded_by_the_file()
    {
        Put(1, first: 11);
        Put(4, first: 12);
        Flip((4 * Block) + 60);
        TailScan scan = Scan();
        Assert.Equal(TailFinding.Traces, scan.Finding);
        Assert.False(scan.TornAtEnd);
        Assert.Equal((2 * Block, 5 * Block), (scan.EndOffset, scan.TraceEnd));

        // A body that would end behind the file.
        byte[] group = HandmadeStore.Group(_head, 5 * Block, 20, records: 200);
        _store.Put(_head, 5 * Block, group.AsSpan(0, Block));
        Assert.Equal(6 * Block, Scan().TraceEnd);
    }

    [Fact]
    public void Whole_groups_behind_a_hole_are_counted_and_attest()
    {
        Put(1, first: 11);
        Put(3, first: 13, mark: new DurableMark(2, 3 * Block, 12));
        Put(4, first: 14, mark: new DurableMark(2, 2 * Block, 11));
        TailScan scan = Scan();
        Assert.Equal(TailFinding.LaterGroups, scan.Finding);
        Assert.Equal((2, 2 * Block, 11), (scan.LaterGroups, scan.EndOffset, scan.LastSequence));
        Assert.Equal(5 * Block, scan.TraceEnd);
        Assert.Equal(new Attestation(2, 3 * Block, 12), scan.Attested);
        Assert.False(scan.TornAtEnd);
    }

    [Fact]
    public void A_torn_body_with_groups_behind_it_is_a_hole()
    {
        Put(1, first: 11);
        Put(2, first: 12);
        Flip((2 * Block) + GroupHeader.Size + 30);
        Put(3, first: 13);
        TailScan scan = Scan();
        Assert.Equal(TailFinding.LaterGroups, scan.Finding);
        Assert.True(scan.TornAtEnd);
        Assert.Equal(1, scan.LaterGroups);
    }

    [Fact]
    public void A_whole_group_of_an_earlier_sequence_is_a_finding_of_its_own()
    {
        Put(1, first: 11);
        Put(2, first: 11);
        TailScan scan = Scan();
        Assert.Equal(TailFinding.WrongSequence, scan.Finding);
        Assert.Equal((2 * Block, 11, 0), (scan.EndOffset, scan.LastSequence, scan.LaterGroups));
    }

    [Fact]
    public void A_whole_group_of_a_later_sequence_is_a_gap()
    {
        Put(1, first: 11);
        Put(2, first: 13, mark: new DurableMark(2, 2 * Block, 12));
        TailScan scan = Scan();
        Assert.Equal(TailFinding.SequenceGap, scan.Finding);
        Assert.Equal((2 * Block, 11, 1), (scan.EndOffset, scan.LastSequence, scan.LaterGroups));
        Assert.Equal(new Attestation(2, 2 * Block, 12), scan.Attested);
        Assert.Contains(
            "a group of another sequence stands where sequence 12 was to follow",
            Refused(scan, scan.Attested).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Groups_of_another_segment_are_nothing()
    {
        Put(1, first: 11);
        SegmentHeader other = HandmadeStore.Root(7, 1);
        _store.Put(_head, 2 * Block, HandmadeStore.Group(other, 2 * Block, 12));
        Assert.Equal(TailFinding.Nothing, Scan().Finding);
    }

    [Theory]
    [InlineData(1, RecoveredTail.Clean)]
    [InlineData(2, RecoveredTail.Torn)]
    [InlineData(3, RecoveredTail.Sealed)]
    public void Without_more_attested_the_end_is_where_it_was_found(int what, RecoveredTail state)
    {
        Put(1, first: 11);
        Put(2, first: 12, records: what == 3 ? 0 : 1, flags: what == 3 ? GroupFlags.Seal : 0);
        if (what == 2)
        {
            Flip((2 * Block) + GroupHeader.Size + 30);
        }

        TailScan scan = Scan();
        RecoveredHead head = HeadRecovery.Decide(Chained, scan, scan.Attested);
        Assert.Equal((state, null), (head.State, head.TornRotation));
        Assert.Same(scan, head.Scan);
    }

    [Theory]
    [InlineData(1, "no group stands behind sequence 11")]
    [InlineData(2, "a group's records are damaged behind sequence 11")]
    [InlineData(3, "the seal stands behind sequence 11")]
    [InlineData(4, "a group is damaged, and others follow it, behind sequence 11")]
    [InlineData(5, "a group's header is damaged behind sequence 11")]
    public void What_is_attested_beyond_the_end_is_corruption_and_says_what_stands_there(
        int what, string words)
    {
        Put(1, first: 11);
        if (what is 2 or 4 or 5)
        {
            Put(2, first: 12);
            Flip((2 * Block) + (what == 5 ? 60 : GroupHeader.Size + 30));
        }

        if (what == 3)
        {
            Put(2, first: 12, records: 0, flags: GroupFlags.Seal);
        }

        if (what == 4)
        {
            Put(3, first: 13);
        }

        TailScan scan = Scan();
        CorruptionException found = Refused(scan, new Attestation(9, 4096, 77));
        Assert.Equal((HandmadeStore.PathOf(_head), scan.EndOffset), (found.Path, found.Offset));
        Assert.Contains(words, found.Message, StringComparison.Ordinal);
        Assert.Contains(
            "sequence 77 up to offset 4096 of segment 9", found.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_seal_of_a_closed_log_is_trusted_where_it_stands()
    {
        Put(1, first: 11);
        Put(2, first: 12, records: 0, flags: GroupFlags.Seal, ticks: 8888,
            mark: new DurableMark(2, 2 * Block, 11));
        TailScan? scan = Seal(Closed(3 * Block, 11));
        Assert.NotNull(scan);
        Assert.Equal(TailFinding.Sealed, scan.Finding);
        Assert.Equal((3 * Block, 11, 1), (scan.EndOffset, scan.LastSequence, scan.Groups));
        Assert.Equal(
            (3 * Block, 8888, 0, false),
            (scan.TraceEnd, scan.LastTicks, scan.LaterGroups, scan.TornAtEnd));
        Assert.Equal(new Attestation(2, 2 * Block, 11), scan.Attested);
        Assert.Null(scan.Index);
    }

    [Fact]
    public void Without_a_closed_manifest_or_the_seal_itself_the_segment_is_read()
    {
        Put(1, first: 11);
        Put(2, first: 12, records: 0, flags: GroupFlags.Seal);
        Assert.Null(Seal(Closed(3 * Block, 11) with { CleanlyClosed = false }));
        Assert.Null(Seal(HandmadeStore.Manifest() with { CleanlyClosed = true }));
        Assert.Null(Seal(Closed(0, 0)));
        Assert.Null(Seal(Closed(3 * Block, 12)));
        Assert.Null(Seal(Closed(2 * Block, 11)));
        Assert.Null(Seal(Closed(2 * Block, 10)));
        SegmentHeader other = HandmadeStore.Root(3, 1);
        Assert.Null(Seal(HandmadeStore.Manifest(
            HandmadeStore.Listed(other, 3 * Block, 11)) with
        { CleanlyClosed = true }));

        Flip((2 * Block) + 60);
        Assert.Null(Seal(Closed(3 * Block, 11)));
    }

    private static ChainedSegment Chained => new(
        new SurveyedFile(
            _head.FileNumber, HandmadeStore.PathOf(_head), 6 * Block, _head, null, null),
        0,
        0);

    private static Manifest Closed(long end, long last) => HandmadeStore.Manifest(
        HandmadeStore.Listed(_head, end, last)) with
    { CleanlyClosed = true };

    private static CorruptionException Refused(TailScan scan, Attestation attested) =>
        Assert.Throws<CorruptionException>(
            () => HeadRecovery.Decide(Chained, scan, attested));

    private IStorageFile Open() =>
        _store.Files.Open(HandmadeStore.PathOf(_head), OpenFlags.Read);

    private TailScan Scan() => TailScan.Run(Open(), _head);

    private TailScan? Seal(Manifest manifest) => HeadRecovery.TrySeal(Open, _head, manifest);

    private void Put(
        int block,
        long first,
        int records = 1,
        DurableMark mark = default,
        GroupFlags flags = GroupFlags.None,
        long ticks = 5000) => _store.Put(
            _head,
            block * Block,
            HandmadeStore.Group(_head, block * Block, first, records, mark, flags, ticks));

    private void Flip(long offset)
    {
        using IStorageFile file = _store.Files.Open(HandmadeStore.PathOf(_head), OpenFlags.Write);
        byte[] one = new byte[1];
        file.Read(one, offset);
        one[0] ^= 0x10;
        file.Write(one, offset, dataSync: false);
    }
}
