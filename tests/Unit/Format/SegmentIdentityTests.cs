using LogEngine.Format;
using LogEngine.Unit.Recovery;

namespace LogEngine.Unit.Format;

/// <summary>A segment is its id and its salt: one of them alone is another one.</summary>
public sealed class SegmentIdentityTests
{
    private const int At = 8192;

    private static readonly SegmentHeader Header = HandmadeStore.Root(5, 1);

    [Fact]
    public void A_group_is_of_the_segment_that_it_names_by_both()
    {
        byte[] group = HandmadeStore.Group(Header, At, 1);
        Assert.True(Header.Identity.TryReadGroup(group, At, out GroupHeader read));
        Assert.Equal((Header.Identity, 1), (read.Identity, read.FirstSequence));
        Assert.All(Others(), other => Assert.False(other.TryReadGroup(group, At, out _)));
        Assert.False(Header.Identity.TryReadGroup(group, At + 4096, out _));
    }

    [Fact]
    public void A_torn_group_is_known_by_either()
    {
        byte[] group = HandmadeStore.Group(Header, At, 1);
        group[40] ^= 1;
        Assert.False(Header.Identity.TryReadGroup(group, At, out _));
        Assert.True(Header.Identity.IsInClear(group));
        Assert.All(Others(), other => Assert.True(other.IsInClear(group)));
        Assert.False(new SegmentIdentity(6, 7).IsInClear(group));
        Assert.False(Header.Identity.IsInClear(new byte[GroupHeader.Size]));
    }

    [Fact]
    public void A_header_is_the_segments_if_both_agree()
    {
        byte[] block = new byte[4096];
        Header.Write(block);
        Assert.Equal(Header, Header.Identity.TryReadHeader(block, forWriting: true));
        Assert.All(Others(), other => Assert.Null(other.TryReadHeader(block, forWriting: true)));
        block[100] ^= 1;
        Assert.Null(Header.Identity.TryReadHeader(block, forWriting: true));
    }

    private static SegmentIdentity[] Others() =>
    [
        Header.Identity with { Salt = Header.Salt + 1 },
        Header.Identity with { SegmentId = Header.SegmentId + 1 },
    ];
}
