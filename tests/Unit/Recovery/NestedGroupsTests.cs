using LogEngine.Format;
using LogEngine.Inspection;
using LogEngine.Log;
using LogEngine.Recovery;
using LogEngine.Storage;

namespace LogEngine.Unit.Recovery;

/// <summary>
/// Case G6: a newest segment whose groups hold groups, all checksums right. Each of them was judged
/// to its end, so twice the bytes took four times as long. What is verified is counted, not timed.
/// </summary>
[Trait("Speed", "slow")]
public sealed class NestedGroupsTests
{
    private const int Block = HandmadeStore.Block;

    private static readonly SegmentHeader _head = HandmadeStore.Root(1, 1);

    public enum Within
    {
        /// <summary>Whole groups within a torn one.</summary>
        TornGroup,

        /// <summary>Whole groups behind a damaged header.</summary>
        TornHeader,

        /// <summary>Torn groups within torn ones.</summary>
        Themselves,

        /// <summary>Records that are none, each as long as the rest, within a torn group.</summary>
        Records,
    }

    [Theory]
    [InlineData(Within.TornGroup, 512)]
    [InlineData(Within.TornHeader, 512)]
    [InlineData(Within.Themselves, 1024)]
    public async Task No_byte_is_verified_more_than_twice(Within kind, int blocks)
    {
        HandmadeStore store = Make(kind, blocks);
        string path = HandmadeStore.PathOf(_head);
        TailScan scan = TailScan.Run(store.Files.Open(path, OpenFlags.Read), _head);
        Assert.InRange(scan.VerifiedBytes, 1, 2L * blocks * Block);
        Assert.Equal((long)blocks * Block, scan.TraceEnd);
        await AssertTornAsync(store);
    }

    /// <summary>
    /// It was minutes, is a fraction of a second, and may be a hundred times that on a busy machine.
    /// </summary>
    [Fact]
    public async Task Records_that_are_none_do_not_hold_up_those_who_look_for_records()
    {
        HandmadeStore store = Make(Within.Records, blocks: 2048);
        await AssertTornAsync(store).WaitAsync(TimeSpan.FromSeconds(60));
    }

    private static HandmadeStore Make(Within kind, int blocks)
    {
        HandmadeStore store = new();
        store.Add(_head, blocks);
        store.Put(_head, Block, Nested(kind, blocks));
        new ManifestStore(store.Files, HandmadeStore.Directory).WriteBoth(
            HandmadeStore.Manifest());
        return store;
    }

    /// <summary>Everybody takes it for a log whose first group is torn.</summary>
    private static Task AssertTornAsync(HandmadeStore store) => Task.Run(async () =>
    {
        VerifyReport report = Verifier.Run(store.Files, HandmadeStore.Directory, null, default);
        Assert.Equal(InspectedTail.Torn, report.Tail);
        Assert.Equal(
            InspectedTail.Torn, StatTaker.Run(store.Files, HandmadeStore.Directory, null, default).Tail);
        using (Salvager salvager = Salvager.Open(
            DirectoryLook.Take(store.Files, HandmadeStore.Directory), null, default))
        {
            // What is whole by itself may be taken for what it seems to be.
            Assert.InRange(salvager.Read().Sum(group => group.Batches), 0, 1);
        }

        LogEnvironment environment = LogEnvironment.InMemory() with { Files = store.Files };
        await using WriteAheadLog log = await WriteAheadLog.OpenAsync(
            environment, HandmadeStore.Directory, SmallLogs.Options(), default);
        Assert.Equal((RecoveredTail.Torn, 0L), (log.Recovery.Tail, log.LastSequence));
    });

    /// <summary>Groups from the innermost outwards, each with one record to the end.</summary>
    private static byte[] Nested(Within kind, int blocks)
    {
        long end = (long)blocks * Block;
        byte[] bytes = new byte[end - Block];
        uint salt = Crc32C.Append(Crc32C.Start, _head.Salt);
        if (kind == Within.Records)
        {
            Outer(bytes, Block, end);
            for (int at = GroupHeader.Size + RecordHeader.Size; at + 24 < bytes.Length; at += 24)
            {
                RecordHeader.Finish(
                    bytes.AsSpan(at, 24), 24, salt, Block + at, 2, RecordFlags.EndOfBatch);
                BitConverter.TryWriteBytes(bytes.AsSpan(at + 4), bytes.Length - at - 8);
            }

            return bytes;
        }

        for (long at = end - Block; at >= Block; at -= Block)
        {
            Span<byte> group = bytes.AsSpan((int)(at - Block));
            Outer(group, at, end);
            RecordHeader.Finish(
                group[GroupHeader.Size..],
                group.Length - GroupHeader.Size,
                salt,
                at + GroupHeader.Size,
                1,
                RecordFlags.EndOfBatch);
        }

        // The checksum of the outermost record, the outermost header, or a byte in all records.
        bytes[kind switch
        {
            Within.TornGroup => GroupHeader.Size,
            Within.TornHeader => 92,
            _ => bytes.Length - 1,
        }] ^= 1;
        return bytes;
    }

    private static void Outer(Span<byte> group, long at, long end) => new GroupHeader(
        GroupFlags.None, _head.SegmentId, _head.Salt, at, 1, 1, end - at, 5000, default)
        .Write(group);
}
