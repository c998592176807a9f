using System.Buffers.Binary;
using LogEngine.Storage;

namespace LogEngine.Unit.Storage;

public sealed class ManifestTests
{
    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 0)]
    [InlineData(3, 2)]
    [InlineData(5000, 0)]
    public void A_manifest_round_trips(int segments, int snapshots)
    {
        Manifest written = Sample(segments) with
        {
            Generation = 77,
            Snapshots =
            [
                .. Enumerable.Range(1, snapshots)
                    .Select(i => new ManifestSnapshot((ulong)i, 77UL * (ulong)i)),
            ],
            OpenSalt = 0xABCD,
            PreviousSalt = 0xEF01,
        };

        Manifest read = ManifestCodec.Decode(ManifestCodec.Encode(written), "file");

        Equal(written, read);
    }

    [Fact]
    public void The_layout_is_as_documented()
    {
        byte[] bytes = ManifestCodec.Encode(Sample(2) with
        {
            Generation = 3,
            Snapshots = [new ManifestSnapshot(9, 10)],
            OpenSalt = 11,
            PreviousSalt = 12,
        });

        Assert.Equal(112 + (2 * 56) + 16, bytes.Length);
        Assert.Equal("00112233445566778899AABBCCDDEEFF", Convert.ToHexString(bytes[..16]));
        Assert.Equal(2u, UInt32(16));
        Assert.Equal(8192u, UInt32(20));
        Assert.Equal(3UL, UInt64(24));
        Assert.Equal(4UL, UInt64(32));
        Assert.Equal(1000UL + 2, UInt64(40));
        Assert.Equal(500UL + 2, UInt64(48));
        Assert.Equal(11UL, UInt64(56));
        Assert.Equal(1234UL, UInt64(64));
        Assert.Equal(1u, UInt32(72));
        Assert.Equal(2u, UInt32(76));
        Assert.Equal(1u, UInt32(80));
        Assert.Equal(12UL, UInt64(88));
        Assert.Equal(11UL, UInt64(96));
        Assert.Equal(0UL, UInt64(104));
        Assert.Equal(500UL, UInt64(112));
        Assert.Equal(1000UL, UInt64(120));
        Assert.Equal(0xFEDC_0000UL, UInt64(128));
        Assert.Equal(9UL, UInt64(112 + 112));
        Assert.Equal(10UL, UInt64(112 + 120));

        uint UInt32(int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at));
        ulong UInt64(int at) => BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(at));
    }

    [Theory]
    [InlineData(76)]
    [InlineData(80)]
    public void A_hostile_count_is_refused_before_anything_is_allocated(int at)
    {
        byte[] bytes = ManifestCodec.Encode(Sample(1));
        foreach (uint count in new uint[] { 0, 2, int.MaxValue, uint.MaxValue })
        {
            byte[] changed = [.. bytes];
            BinaryPrimitives.WriteUInt32LittleEndian(changed.AsSpan(at), count);
            if (changed.AsSpan().SequenceEqual(bytes))
            {
                continue;
            }

            long before = GC.GetAllocatedBytesForCurrentThread();
            Assert.Throws<CorruptionException>(() => ManifestCodec.Decode(changed, "file"));
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100_000);
        }
    }

    [Fact]
    public void Every_other_length_is_refused()
    {
        byte[] bytes = ManifestCodec.Encode(Sample(1));
        for (int length = 0; length < bytes.Length; length++)
        {
            Assert.Throws<CorruptionException>(
                () => ManifestCodec.Decode(bytes.AsSpan(0, length), "file"));
        }

        Assert.Throws<CorruptionException>(
            () => ManifestCodec.Decode((byte[])[.. bytes, 0], "file"));
    }

    public static TheoryData<string> Impossible => [.. Broken.Keys];

    private static readonly Dictionary<string, Func<Manifest, Manifest>> Broken = new()
    {
        ["unknown kind"] = m => m with { Kind = (StoreKind)7 },
        ["no alignment"] = m => m with { Alignment = 0 },
        ["odd alignment"] = m => m with { Alignment = 4097 },
        ["huge alignment"] = m => m with { Alignment = 2 << 20 },
        ["low water 0"] = m => m with { LowWaterSequence = 0 },
        ["next sequence 0"] = m => m with { NextSequence = 0 },
        ["ids not ascending"] = m => m with { Segments = [m.Segments[1], m.Segments[0]] },
        ["same id twice"] = m => m with { Segments = [m.Segments[0], m.Segments[0]] },
        ["id not below next"] = m => m with { NextSegmentId = m.Segments[1].SegmentId },
        ["number not below next"] = m => m with { NextFileNumber = m.Segments[1].FileNumber },
        ["file number 0"] = m => Change(m, s => s with { FileNumber = 0 }),
        ["first sequence 0"] = m => Change(m, s => s with { FirstSequence = 0 }),
        ["end without last"] = m => Change(m, s => s with { LastSequence = 0 }),
        ["last without end"] = m => Change(m, s => s with { EndOffset = 0 }),
        ["last below first"] = m => Change(m, s => s with { LastSequence = s.FirstSequence - 1 }),
        ["end within header"] = m => Change(m, s => s with { EndOffset = s.Alignment }),
        ["end between blocks"] = m => Change(m, s => s with { EndOffset = s.EndOffset + 8 }),
        ["end beyond any segment"] = m => Change(m, s => s with { EndOffset = 2L << 30 }),
        ["low water beyond counting"] = m => m with { LowWaterSequence = long.MaxValue },
        ["next sequence beyond counting"] = m => m with { NextSequence = long.MaxValue },
        ["generation beyond counting"] = m => m with { Generation = ulong.MaxValue },
        ["epoch beyond counting"] = m => m with { OpenEpoch = ulong.MaxValue },
        ["next id beyond counting"] = m => m with { NextSegmentId = ulong.MaxValue },
        ["next number beyond counting"] = m => m with { NextFileNumber = ulong.MaxValue },
        ["one file twice"] = m => Change(m, s => s with { FileNumber = m.Segments[1].FileNumber }),
        ["sequences not ascending"] = m => Change(m, s => s with { LastSequence = 11 }),
        ["one snapshot twice"] = m => m with { Snapshots = [new(9, 1), new(9, 2)] },
        ["snapshot 0"] = m => m with { Snapshots = [new(0, 1)] },
        ["segment alignment"] = m => Change(m, s => s with { Alignment = 512 }),
    };

    [Theory]
    [MemberData(nameof(Impossible))]
    public void What_no_reader_accepts_no_writer_writes(string what) =>
        Assert.Throws<InvalidOperationException>(
            () => ManifestCodec.Encode(Broken[what](Sample(2))));

    [Fact]
    public void An_unknown_kind_is_refused_when_read()
    {
        byte[] bytes = ManifestCodec.Encode(Sample(2));
        bytes[16] = 7;

        CorruptionException error = Assert.Throws<CorruptionException>(
            () => ManifestCodec.Decode(bytes, "file"));

        Assert.Contains("store kind 7", error.Reason, StringComparison.Ordinal);
    }

    internal static void Equal(Manifest expected, Manifest actual)
    {
        Assert.Equal(expected.Segments, actual.Segments);
        Assert.Equal(expected.Snapshots, actual.Snapshots);
        Assert.Equal(
            expected,
            actual with
            {
                Segments = expected.Segments,
                Snapshots = expected.Snapshots,
                FileSalt = expected.FileSalt,
                PreviousSalt = expected.PreviousSalt,
                IsAlone = expected.IsAlone,
            });
    }

    internal static Manifest Sample(int segments) => new()
    {
        StoreId = Guid.Parse("00112233-4455-6677-8899-aabbccddeeff"),
        Kind = StoreKind.Engine,
        Alignment = 8192,
        OpenEpoch = 4,
        NextSegmentId = 1000 + (ulong)segments,
        NextFileNumber = 500 + (ulong)segments,
        LowWaterSequence = 11,
        NextSequence = 1234,
        CleanlyClosed = true,
        Segments = [.. Enumerable.Range(0, segments).Select(i => new ManifestSegment(
            500 + (ulong)i,
            1000 + (ulong)i,
            0xFEDC_0000 + (ulong)i,
            1 + (i * 10L),
            i == segments - 1 && i > 1 ? 0 : 65_536 + (8192L * i),
            i == segments - 1 && i > 1 ? 0 : 10 + (i * 10L),
            i % 2 == 0 ? 4096 : 8192))],
    };

    private static Manifest Change(
        Manifest manifest, Func<ManifestSegment, ManifestSegment> change) =>
        manifest with { Segments = [change(manifest.Segments[0]), manifest.Segments[1]] };
}
