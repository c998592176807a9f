using LogEngine.Format;

namespace LogEngine.Unit.Format;

public sealed class SegmentFooterTests
{
    private const ulong Id = 12;
    private const ulong Salt = 0xDEAD_BEEF_0000_0001;
    private const long Offset = 8 << 20;
    private const long Last = 200_000;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(1000)]
    public void A_footer_reads_back(int count)
    {
        SparseEntry[] entries = Entries(count);
        Assert.Equal(entries, Read(Encode(entries)));
    }

    [Fact]
    public void Every_flipped_bit_is_detected()
    {
        byte[] bytes = Encode(Entries(3));
        Bits.FlipEach(bytes, at => Assert.True(Read(bytes) is null, $"byte {at}"));
    }

    [Fact]
    public void A_footer_of_another_place_or_segment_is_refused()
    {
        byte[] bytes = Encode(Entries(3));
        Assert.Null(SegmentFooter.TryRead(bytes, Id + 1, Salt, Offset, Last));
        Assert.Null(SegmentFooter.TryRead(bytes, Id, Salt + 1, Offset, Last));
        Assert.Null(SegmentFooter.TryRead(bytes, Id, Salt, Offset + 4096, Last));
        Assert.Null(SegmentFooter.TryRead(bytes, Id, Salt, Offset, Last + 1));
    }

    [Fact]
    public void Zeros_and_short_inputs_are_refused()
    {
        Assert.Null(SegmentFooter.TryRead(new byte[96], 0, 0, 0, 0));
        byte[] bytes = Encode(Entries(3));
        for (int length = 0; length < bytes.Length; length++)
        {
            Assert.Null(Read(bytes[..length]));
        }
    }

    /// <summary>Case G3: a search in it would go astray.</summary>
    [Fact]
    public void Entries_out_of_order_or_out_of_the_segment_are_refused()
    {
        SparseEntry[] sound = Entries(3);
        SparseEntry[] wrong =
        [
            sound[1] with { Offset = -4096 },
            sound[1] with { Offset = sound[0].Offset },
            sound[1] with { Offset = sound[1].Offset + 8 },
            sound[1] with { Offset = Offset },
            sound[1] with { Sequence = sound[0].Sequence - 1 },
            sound[1] with { Sequence = Last + 2 },
            sound[1] with { TimeTicks = 0 },
        ];
        Assert.NotNull(Read(Encode(sound)));
        Assert.All(wrong, entry => Assert.Null(Read(Encode([sound[0], entry, sound[2]]))));
    }

    [Theory]
    [InlineData(4u)]
    [InlineData(0x7FFF_FFFFu)]
    [InlineData(0x8000_0000u)]
    [InlineData(uint.MaxValue)]
    public void Hostile_counts_are_refused_before_anything_is_allocated(uint count)
    {
        byte[] bytes = Encode(Entries(3));
        BitConverter.TryWriteBytes(bytes.AsSpan(4), count);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Null(Read(bytes));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1000);
    }

    [Fact]
    public void A_length_beyond_what_an_array_can_have_overflows_loudly() =>
        Assert.Throws<OverflowException>(() => SegmentFooter.EncodedLength(int.MaxValue / 20));

    private static SparseEntry[] Entries(int count) =>
    [
        .. Enumerable.Range(0, count).Select(
            i => new SparseEntry(1 + (100L * i), 4096L * (i + 1), 5000L + i)),
    ];

    private static byte[] Encode(SparseEntry[] entries)
    {
        byte[] bytes = new byte[SegmentFooter.EncodedLength(entries.Length)];
        SegmentFooter.Write(bytes, Id, Salt, Offset, Last, entries);
        return bytes;
    }

    private static SparseEntry[]? Read(byte[] bytes) =>
        SegmentFooter.TryRead(bytes, Id, Salt, Offset, Last);
}
