using LogEngine.Format;

namespace LogEngine.Unit.Recovery;

public sealed class TornHeaderTests
{
    /// <summary>
    /// A crash that tore a rotation inside the new header, and lost its first group, left a file
    /// that counted as somebody else's: reported at every opening, and never removed.
    /// </summary>
    [Fact]
    public async Task A_header_torn_at_any_byte_leaves_a_file_that_is_removed()
    {
        using ScratchDirectory scratch = new();
        List<byte[]> records = await SmallLogs.CreateAsync(scratch.Path, 20, 3000);
        int torn = LeaveTornHeaders(scratch, ReadStoreId(scratch));
        Assert.True(torn > 100, $"{torn} files");

        await using (WriteAheadLog log = await SmallLogs.OpenAsync(scratch.Path))
        {
            Assert.Empty(log.Recovery.ForeignFiles);
            LogContents.AssertSame(records, LogContents.Read(log));
        }

        Assert.DoesNotContain(scratch.SegmentFiles(), path => new FileInfo(path).Length == 8192);
    }

    [Fact]
    public async Task The_same_file_of_another_store_is_left_alone()
    {
        using ScratchDirectory scratch = new();
        await SmallLogs.CreateAsync(scratch.Path, 20, 3000);
        int torn = LeaveTornHeaders(scratch, new Guid("00112233-4455-6677-8899-aabbccddeeff"));

        await using (WriteAheadLog log = await SmallLogs.OpenAsync(scratch.Path))
        {
            Assert.Equal(torn, log.Recovery.ForeignFiles.Count);
        }

        Assert.Equal(
            torn, scratch.SegmentFiles().Count(path => new FileInfo(path).Length == 8192));
    }

    /// <summary>A spare's header, overwritten by a segment's up to each of its bytes.</summary>
    private static int LeaveTornHeaders(ScratchDirectory scratch, Guid store)
    {
        int count = 0;
        for (int at = 1; at < SegmentHeader.Size; at++)
        {
            ulong number = 0x1000 + (ulong)at;
            byte[] file = new byte[8192];
            byte[] header = new byte[SegmentHeader.Size];
            SpareHeader.Write(file, number, store);
            Header(number, store).Write(header);
            header.AsSpan(0, at).CopyTo(file);
            SegmentHeader.Read(file, forWriting: true, out SegmentHeader? whole);
            if (whole is null && SpareHeader.TryRead(file) is null)
            {
                File.WriteAllBytes(scratch.File($"{number:x16}.seg"), file);
                count++;
            }
        }

        return count;
    }

    private static SegmentHeader Header(ulong number, Guid store) => new()
    {
        FileNumber = number,
        StoreId = store,
        SegmentId = 77,
        Salt = 0x1122_3344_5566_7788,
        Alignment = 4096,
        Link = SegmentLink.Chained,
        FirstSequence = 21,
        LowWaterSequence = 1,
        Predecessor = new SegmentEnd(1, 0x99AA_BBCC_DDEE_FF00, 4096, 20),
        OpenEpoch = 3,
        CreatedTicks = 638_000_000_000_000_000,
        Capacity = 65536,
    };

    private static Guid ReadStoreId(ScratchDirectory scratch)
    {
        byte[] bytes = File.ReadAllBytes(scratch.SegmentFiles()[0]);
        SegmentHeader.Read(bytes, forWriting: false, out SegmentHeader? header);
        return header!.StoreId;
    }
}
