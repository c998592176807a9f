using LogEngine.Format;

namespace LogEngine.Unit.Format;

public sealed class FormatLimitsTests
{
    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 8)]
    [InlineData(7, 8)]
    [InlineData(8, 8)]
    [InlineData(9, 16)]
    public void Fields_are_aligned_to_eight(int length, int expected) =>
        Assert.Equal(expected, FormatLimits.AlignField(length));

    [Theory]
    [InlineData(0, 4096, 0)]
    [InlineData(1, 4096, 4096)]
    [InlineData(4096, 4096, 4096)]
    [InlineData(4097, 12_288, 12_288)]
    [InlineData(12_289, 12_288, 24_576)]
    public void Blocks_are_aligned_to_any_alignment(long value, int alignment, long expected) =>
        Assert.Equal(expected, FormatLimits.AlignUp(value, alignment));

    [Fact]
    public void Lengths_that_overflow_are_refused()
    {
        Assert.Throws<OverflowException>(() => FormatLimits.AlignField(int.MaxValue));
        Assert.Throws<OverflowException>(() => FormatLimits.AlignUp(long.MaxValue, 4096));
    }

    [Fact]
    public void The_largest_group_fits_an_array()
    {
        Assert.True(FormatLimits.MaxGroupBytes < int.MaxValue);
        long whole = FormatLimits.MaxGroupBytes;
        Assert.Equal(96L + LogBatch.MaxPayloadBytes + (LogBatch.MaxRecords * 32L), whole);
    }
}
