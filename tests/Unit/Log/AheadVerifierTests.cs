using LogEngine.Format;
using LogEngine.Log;
using LogEngine.Unit.Recovery;

namespace LogEngine.Unit.Log;

/// <summary>What is verified where it was read ahead: all that is whole, and never more.</summary>
public sealed class AheadVerifierTests
{
    private const int Block = HandmadeStore.Block;

    private static readonly SegmentHeader _segment = HandmadeStore.Root(1, 1);

    /// <summary>Offsets of all records, by their ends.</summary>
    private readonly SortedList<long, long> _records = [];
    private readonly byte[] _bytes = new byte[24 * Block];
    private long _next = 1;

    public AheadVerifierTests()
    {
        // Within a block, over several, up to the last byte of one, and a mark without records.
        long at = 0;
        foreach (int records in new[] { 1, 300, 0, 100, 500, 2, (Block - GroupHeader.Size) / 40, 700 })
        {
            at = Add(at, records);
        }

        Assert.InRange(at, 20 * Block, _bytes.Length);
    }

    public static TheoryData<int> PieceBlocks => [1, 2, 3, 5, 7, 24];

    [Theory]
    [MemberData(nameof(PieceBlocks))]
    public void Every_record_that_lies_in_one_piece_is_verified(int blocks)
    {
        List<VerifiedRange> ranges = Verify(_bytes, blocks * Block);
        foreach ((long end, long at) in _records)
        {
            bool across = at / (blocks * Block) != (end - 1) / (blocks * Block);
            VerifiedRange range = ranges[(int)(at / (blocks * Block))];
            Assert.Equal(!across, range.Contains(at) && end <= range.To);
        }
    }

    [Theory]
    [MemberData(nameof(PieceBlocks))]
    public void A_damaged_byte_is_in_no_range(int blocks)
    {
        Random random = new(blocks);
        for (int i = 0; i < 300; i++)
        {
            (long end, long at) = _records.ElementAt(random.Next(_records.Count));
            int flipped = (int)random.NextInt64(at, end);
            byte[] bytes = [.. _bytes];
            bytes[flipped] ^= (byte)(1 << random.Next(8));
            VerifiedRange range = Verify(bytes, blocks * Block)[(int)(at / (blocks * Block))];
            Assert.False(range.Contains(at) && flipped < range.To, $"byte {flipped}");
        }
    }

    [Fact]
    public void Behind_damage_it_goes_on_with_the_next_group_of_a_later_piece()
    {
        (long end, long at) = _records.First();
        byte[] bytes = [.. _bytes];
        bytes[end - 1] ^= 1;
        List<VerifiedRange> ranges = Verify(bytes, Block);
        Assert.False(ranges[0].Contains(at));
        Assert.True(ranges[1].Contains(_records.Values[1]));
    }

    [Fact]
    public void In_the_midst_of_a_group_it_waits_for_the_next()
    {
        AheadVerifier verifier = new(_segment);
        Assert.Equal(default, verifier.Verify(_bytes.AsSpan(2 * Block, Block), 2 * Block));
        VerifiedRange rest = verifier.Verify(_bytes.AsSpan(3 * Block), 3 * Block);
        Assert.Equal(_records.Keys[^1], rest.To);

        // The empty group is the first behind that of 300 records.
        Assert.Equal(FormatLimits.AlignUp(_records.Keys[300], Block), rest.From);
    }

    [Fact]
    public void What_was_forgotten_is_not_gone_on_with()
    {
        AheadVerifier verifier = new(_segment);
        Assert.NotEqual(default, verifier.Verify(_bytes.AsSpan(0, 2 * Block), 0));
        verifier.Forget();
        Assert.Equal(default, verifier.Verify(_bytes.AsSpan(2 * Block, Block), 2 * Block));
    }

    [Fact]
    public void Groups_of_another_segment_are_none_of_its()
    {
        Assert.Equal(default, new AheadVerifier(_segment with { SegmentId = 2 }).Verify(_bytes, 0));
        Assert.Equal(default, new AheadVerifier(_segment with { Salt = 2 }).Verify(_bytes, 0));
    }

    [Fact]
    public void The_bytes_may_end_anywhere()
    {
        for (int length = 0; length < 3 * Block; length++)
        {
            VerifiedRange range = new AheadVerifier(_segment).Verify(_bytes.AsSpan(0, length), 0);
            Assert.True(range.To <= length);
            foreach ((long end, long at) in _records.TakeWhile(r => r.Value < length))
            {
                Assert.Equal(end <= length, range.Contains(at) && end <= range.To);
            }
        }
    }

    private static List<VerifiedRange> Verify(byte[] bytes, int piece)
    {
        AheadVerifier verifier = new(_segment);
        List<VerifiedRange> ranges = [];
        for (int at = 0; at < bytes.Length; at += piece)
        {
            int length = Math.Min(piece, bytes.Length - at);
            ranges.Add(verifier.Verify(bytes.AsSpan(at, length), at));
        }

        return ranges;
    }

    private long Add(long at, int records)
    {
        byte[] group = HandmadeStore.Group(_segment, at, _next, records);
        group.CopyTo(_bytes, at);
        _next += records;
        int each = RecordHeader.EncodedLength(10);
        for (int i = 0; i < records; i++)
        {
            long record = at + GroupHeader.Size + (i * each);
            _records.Add(record + each, record);
        }

        return FormatLimits.AlignUp(at + group.Length, Block);
    }
}
