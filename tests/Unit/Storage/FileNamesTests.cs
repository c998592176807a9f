using LogEngine.Storage;

namespace LogEngine.Unit.Storage;

public sealed class FileNamesTests
{
    [Theory]
    [InlineData(1UL, "0000000000000001.seg")]
    [InlineData(0xABCDEFUL, "0000000000abcdef.seg")]
    [InlineData(1UL << 62, "4000000000000000.seg")]
    public void A_segment_name_is_sixteen_hex_digits_and_parses_back(ulong number, string name)
    {
        Assert.Equal(name, FileNames.Segment(number));
        Assert.True(FileNames.TryParseSegment(name, out ulong parsed));
        Assert.Equal(number, parsed);
    }

    [Theory]
    [InlineData("")]
    [InlineData(".seg")]
    [InlineData("0000000000000000.seg")]
    [InlineData("4000000000000001.seg")]
    [InlineData("fffffffffffffffe.seg")]
    [InlineData("ffffffffffffffff.seg")]
    [InlineData("1.seg")]
    [InlineData("00000000000000001.seg")]
    [InlineData("0000000000ABCDEF.seg")]
    [InlineData("000000000000000g.seg")]
    [InlineData(" 000000000000001.seg")]
    [InlineData("+000000000000001.seg")]
    [InlineData("0x00000000000001.seg")]
    [InlineData("0000000000000001.SEG")]
    [InlineData("0000000000000001.seg~")]
    [InlineData("0000000000000001.tmp")]
    [InlineData("0000000000000001")]
    [InlineData("LOCK")]
    public void Anything_else_is_no_segment_name(string name) =>
        Assert.False(FileNames.TryParseSegment(name, out _));

    [Fact]
    public void A_temporary_name_belongs_to_its_target_only()
    {
        string temp = FileNames.NewTemp("manifest-a");

        Assert.True(FileNames.IsTempOf(temp, "manifest-a"));
        Assert.True(FileNames.IsTemp(temp));
        Assert.False(FileNames.IsTempOf(temp, "manifest-b"));
        Assert.False(FileNames.IsTempOf(temp, "manifest"));
        Assert.False(FileNames.IsTempOf("manifest-a", "manifest-a"));
        Assert.False(FileNames.IsTempOf("manifest-a.tmp", "manifest-a"));
        Assert.False(FileNames.IsTempOf("manifest-a.0123456789abcdeX.tmp", "manifest-a"));
        Assert.False(FileNames.IsTempOf("manifest-a-0123456789abcdef.tmp", "manifest-a"));
        Assert.NotEqual(temp, FileNames.NewTemp("manifest-a"));
    }

    [Fact]
    public void A_temporary_file_of_a_users_own_snapshot_is_not_the_engines() =>
        Assert.False(FileNames.IsTemp(FileNames.NewTemp("state")));

    [Fact]
    public void A_probe_name_is_recognised()
    {
        Assert.True(FileNames.IsProbe(FileNames.NewProbe()));
        Assert.True(FileNames.IsTemp(FileNames.NewProbe()));
        Assert.True(FileNames.IsProbe("probe-12-0123456789abcdef.tmp"));
        Assert.False(FileNames.IsProbe("probe--0123456789abcdef.tmp"));
        Assert.False(FileNames.IsProbe("probe-1x-0123456789abcdef.tmp"));
        Assert.False(FileNames.IsProbe("probe-12-0123456789abcde.tmp"));
        Assert.False(FileNames.IsProbe("probe-12-0123456789ABCDEF.tmp"));
        Assert.False(FileNames.IsProbe("probe.tmp"));
        Assert.False(FileNames.IsProbe("probe-.tmp"));
    }
}
