using LogEngine.Format;

namespace LogEngine.Unit.Format;

/// <summary>What has no meaning yet is zero on disk, whatever the buffer held before.</summary>
public sealed class DirtyBufferTests
{
    private delegate void Writer(Span<byte> target);

    [Fact]
    public void A_file_header_clears_what_it_does_not_name() => AssertClears(
        FileHeader.Size, to => new FileHeader(FileKind.Snapshot, 64, 9).Write(to));

    [Fact]
    public void A_segment_header_clears_what_it_does_not_name() => AssertClears(
        SegmentHeader.Size, to => WorkedExample.Header.Write(to));

    [Fact]
    public void A_group_header_clears_what_it_does_not_name() => AssertClears(
        GroupHeader.Size, to => WorkedExample.Group.Write(to));

    [Fact]
    public void A_spare_header_clears_what_it_does_not_name() => AssertClears(
        SpareHeader.Size, to => SpareHeader.Write(to, 9, WorkedExample.Header.StoreId));

    [Fact]
    public void A_footer_clears_what_it_does_not_name() => AssertClears(
        SegmentFooter.EncodedLength(1),
        to => SegmentFooter.Write(to, 1, 2, 4096, 5, [new SparseEntry(1, 4096, 7)]));

    private static void AssertClears(int size, Writer write)
    {
        byte[] clean = new byte[size];
        write(clean);
        byte[] dirty = new byte[size];
        dirty.AsSpan().Fill(0xFF);
        write(dirty);
        Assert.Equal(clean, dirty);
    }
}
