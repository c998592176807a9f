using LogEngine.Format;

namespace LogEngine.Unit.Format;

public sealed class SpareHeaderTests
{
    private static readonly Guid Store = new("00112233-4455-6677-8899-aabbccddeeff");

    [Fact]
    public void A_spare_reads_back() => Assert.Equal(Store, SpareHeader.TryRead(Encode()));

    [Fact]
    public void Every_flipped_bit_is_detected()
    {
        byte[] bytes = Encode();
        Bits.FlipEach(bytes, at => Assert.True(SpareHeader.TryRead(bytes) is null, $"byte {at}"));
    }

    [Fact]
    public void Zeros_short_inputs_and_segments_are_no_spares()
    {
        Assert.Null(SpareHeader.TryRead(new byte[4096]));
        Assert.Null(SpareHeader.TryRead(Encode().AsSpan(0, 95)));
        byte[] segment = new byte[SegmentHeader.Size];
        WorkedExample.Header.Write(segment);
        Assert.Null(SpareHeader.TryRead(segment));
    }

    [Fact]
    public void A_spare_with_features_that_only_writers_must_know_is_still_a_spare()
    {
        byte[] bytes = Encode();
        new FileHeader(FileKind.Spare, SpareHeader.Size, 17, ReadOnlyCompatible: 1).Write(bytes);
        Assert.Equal(Store, SpareHeader.TryRead(bytes));
    }

    [Fact]
    public void The_store_stands_in_clear_in_a_spare_and_in_the_segment_it_becomes()
    {
        byte[] bytes = Encode();
        bytes[^1] ^= 1;
        Assert.Null(SpareHeader.TryRead(bytes));
        Assert.Equal(Store, SpareHeader.StoreInClear(bytes, 17));
        Assert.Equal(Store, SpareHeader.StoreInClear([.. bytes, 0], 17));
        Assert.Null(SpareHeader.StoreInClear(bytes, 18));
        Assert.Null(SpareHeader.StoreInClear(bytes.AsSpan(0, SpareHeader.Size - 1), 17));
        Assert.Null(SpareHeader.StoreInClear(new byte[SpareHeader.Size], 0));

        byte[] segment = new byte[SegmentHeader.Size];
        WorkedExample.Header.Write(segment);
        Assert.Equal(
            WorkedExample.Header.StoreId,
            SpareHeader.StoreInClear(segment, WorkedExample.Header.FileNumber));
    }

    private static byte[] Encode()
    {
        byte[] bytes = new byte[SpareHeader.Size];
        SpareHeader.Write(bytes, 17, Store);
        return bytes;
    }
}
