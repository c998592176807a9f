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

    private static byte[] Encode()
    {
        byte[] bytes = new byte[SpareHeader.Size];
        SpareHeader.Write(bytes, 17, Store);
        return bytes;
    }
}
