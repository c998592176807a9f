using System.Buffers.Binary;
using LogEngine.Format;
using LogEngine.Storage;

namespace LogEngine.Unit.Storage;

/// <summary>Bytes of a state file: layout, every size, every damage.</summary>
public sealed class SnapshotFormatTests : IDisposable
{
    private const int Block = SnapshotBlock.MaxPayload;

    private readonly TempDirectory _directory = new();

    private string Target => _directory["state"];

    public void Dispose() => _directory.Dispose();

    public static TheoryData<int> Sizes =>
        [0, 1, 7, 8, 9, Block - 1, Block, Block + 1, (2 * Block) - 1, 2 * Block, (5 * Block) + 77];

    [Theory]
    [MemberData(nameof(Sizes))]
    public async Task Framing_round_trips_every_size_whole_and_streamed(int size)
    {
        byte[] payload = Bytes(size);
        await SnapshotFile.SaveAsync(Target, payload);

        SnapshotContent content = await SnapshotFile.LoadAsync(Target);
        Assert.Equal(payload, content.Payload.ToArray());

        await using SnapshotFileReader reader = await SnapshotFile.OpenAsync(Target);
        Assert.Equal(size, reader.PayloadLength);
        Assert.Equal(payload, ReadAll(reader, pieceLength: 1000));
        Assert.Equal(0, reader.Read(new byte[1]));
    }

    [Theory]
    [InlineData(0, 128)]
    [InlineData(1, 128 + 16)]
    [InlineData(8, 128 + 16)]
    [InlineData(9, 128 + 24)]
    [InlineData(Block, 128 + 8 + Block)]
    [InlineData(Block + 1, 128 + 8 + Block + 16)]
    public async Task Framing_makes_the_length_follow_from_the_payload(int size, long length)
    {
        await SnapshotFile.SaveAsync(Target, Bytes(size));

        Assert.Equal(length, new FileInfo(Target).Length);
        Assert.Equal(length, new SnapshotHeader(1, 0, size, 0).FileLength);
    }

    [Fact]
    public async Task Framing_is_as_documented()
    {
        await SnapshotFile.SaveAsync(
            Target, Bytes(Block + 3), new() { LogSequence = 0x0102030405, ContentVersion = 9 });
        byte[] file = await File.ReadAllBytesAsync(Target);

        Assert.Equal(HeaderVerdict.Valid, FileHeader.Read(file, false, out FileHeader header));
        Assert.Equal((FileKind.Snapshot, 128u), (header.Kind, header.HeaderLength));
        ulong salt = BinaryPrimitives.ReadUInt64LittleEndian(file.AsSpan(64));
        Assert.Equal(0x0102030405, BinaryPrimitives.ReadInt64LittleEndian(file.AsSpan(72)));
        Assert.Equal(Block + 3, BinaryPrimitives.ReadInt64LittleEndian(file.AsSpan(80)));
        Assert.Equal(9u, BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(88)));
        Assert.Equal(65536u, BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(92)));
        Assert.Equal(
            Crc32C.Compute(salt, 64, file.AsSpan(64, 60)),
            BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(124)));

        int last = 128 + 8 + Block;
        Assert.Equal(65536u, BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(128)));
        Assert.Equal(3u, BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(last)));
        Assert.Equal(Bytes(Block + 3)[Block..], file[(last + 8)..(last + 11)]);
        Assert.Equal(new byte[5], file[(last + 11)..]);
        byte[] covered = [3, 0, 0, 0, 0, 0, 0, 0, .. file[(last + 8)..]];
        Assert.Equal(
            Crc32C.Compute(salt, last, covered),
            BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(last + 4)));
    }

    [Fact]
    public async Task Load_detects_every_flip_of_any_bit_or_byte()
    {
        await SnapshotFile.SaveAsync(Target, Bytes(37));
        byte[] file = await File.ReadAllBytesAsync(Target);
        Assert.Equal(176, file.Length);
        int[] masks = [1, 2, 4, 8, 16, 32, 64, 128, 255];
        using IStorageFile damaged = RealFileSystem.Instance.Open(Target, OpenFlags.Write);

        for (int at = 0; at < file.Length; at++)
        {
            foreach (int mask in masks)
            {
                damaged.Write([(byte)(file[at] ^ mask)], at, dataSync: false);

                CorruptionException error = Assert.Throws<CorruptionException>(LoadCore);
                long place = at < 64 ? 0 : at < 128 ? 64 : 128;
                Assert.Equal((at, Target, place), (at, error.Path, error.Offset));
            }

            damaged.Write([file[at]], at, dataSync: false);
        }

        Assert.Equal(Bytes(37), LoadCore().Payload.ToArray());
    }

    [Fact]
    public async Task Load_detects_every_truncation_and_extension_by_its_length()
    {
        await SnapshotFile.SaveAsync(Target, Bytes(37));
        byte[] file = await File.ReadAllBytesAsync(Target);

        using (IStorageFile cut = RealFileSystem.Instance.Open(Target, OpenFlags.Write))
        {
            for (int length = file.Length - 1; length >= 0; length--)
            {
                cut.SetLength(length);
                CorruptionException error = Assert.Throws<CorruptionException>(LoadCore);
                Assert.Contains("wrong length", error.Reason, StringComparison.Ordinal);
                Assert.Equal(length, error.Offset);
            }
        }

        File.WriteAllBytes(Target, [.. file, 0]);
        CorruptionException longer = Assert.Throws<CorruptionException>(LoadCore);
        Assert.Contains("wrong length", longer.Reason, StringComparison.Ordinal);
        Assert.Equal(file.Length, longer.Offset);
    }

    [Fact]
    public async Task Load_tells_newer_version_wrong_length_and_wrong_checksum_apart()
    {
        await SnapshotFile.SaveAsync(Target, Bytes(37));
        byte[] file = await File.ReadAllBytesAsync(Target);

        byte[] newer = [.. file];
        new FileHeader(FileKind.Snapshot, 128, 0, Version: 2).Write(newer);
        File.WriteAllBytes(Target, newer);
        IncompatibleFormatException version =
            Assert.Throws<IncompatibleFormatException>(LoadCore);
        Assert.Contains("format version 2", version.Message, StringComparison.Ordinal);

        File.WriteAllBytes(Target, file[..^8]);
        CorruptionException length = Assert.Throws<CorruptionException>(LoadCore);
        Assert.Contains("wrong length", length.Reason, StringComparison.Ordinal);

        byte[] flipped = [.. file];
        flipped[140] ^= 1;
        File.WriteAllBytes(Target, flipped);
        CorruptionException checksum = Assert.Throws<CorruptionException>(LoadCore);
        Assert.Contains("checksum", checksum.Reason, StringComparison.Ordinal);
        Assert.Equal(128, checksum.Offset);
    }

    [Fact]
    public async Task Load_takes_a_flipped_version_for_damage_and_not_for_a_newer_version()
    {
        await SnapshotFile.SaveAsync(Target, Bytes(37));
        byte[] file = await File.ReadAllBytesAsync(Target);
        file[8] = 2;
        File.WriteAllBytes(Target, file);

        Assert.Throws<CorruptionException>(LoadCore);
    }

    [Fact]
    public async Task Load_refuses_features_a_writer_must_know_only_for_writing()
    {
        await SnapshotFile.SaveAsync(Target, Bytes(37));
        byte[] file = await File.ReadAllBytesAsync(Target);
        new FileHeader(FileKind.Snapshot, 128, 0, ReadOnlyCompatible: 4).Write(file);
        File.WriteAllBytes(Target, file);

        Assert.Equal(37, LoadCore().Payload.Length);
        Assert.Throws<IncompatibleFormatException>(
            () => SnapshotFileCore.Load(RealFileSystem.Instance, Target, forWriting: true));
    }

    [Fact]
    public void Load_refuses_another_kind_of_file()
    {
        byte[] file = new byte[4096];
        new FileHeader(FileKind.Segment, 192, 1).Write(file);
        File.WriteAllBytes(Target, file);

        CorruptionException error = Assert.Throws<CorruptionException>(LoadCore);

        Assert.Contains("not a snapshot file", error.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(long.MinValue)]
    [InlineData(long.MaxValue)]
    [InlineData(SnapshotHeader.MaxPayloadLength)]
    [InlineData(SnapshotHeader.MaxPayloadLength + 1)]
    public void Load_bounds_a_hostile_payload_length_before_allocating(long length)
    {
        byte[] file = new byte[256];
        new SnapshotHeader(5, 0, 37, 0).Write(file);
        BinaryPrimitives.WriteInt64LittleEndian(file.AsSpan(80), length);
        BinaryPrimitives.WriteUInt32LittleEndian(
            file.AsSpan(124), Crc32C.Compute(5, 64, file.AsSpan(64, 60)));
        File.WriteAllBytes(Target, file);

        Assert.Throws<CorruptionException>(LoadCore);
    }

    [Fact]
    public async Task Load_refuses_blocks_in_another_order()
    {
        await SnapshotFile.SaveAsync(Target, Bytes(2 * Block));
        byte[] file = await File.ReadAllBytesAsync(Target);
        int size = 8 + Block;
        byte[] swapped =
            [.. file[..128], .. file[(128 + size)..], .. file[128..(128 + size)]];
        File.WriteAllBytes(Target, swapped);

        Assert.Equal(128, Assert.Throws<CorruptionException>(LoadCore).Offset);
    }

    [Fact]
    public async Task Load_refuses_a_block_of_an_earlier_file_with_the_same_content()
    {
        await SnapshotFile.SaveAsync(Target, Bytes(37));
        byte[] before = await File.ReadAllBytesAsync(Target);
        await SnapshotFile.SaveAsync(Target, Bytes(37));
        byte[] after = await File.ReadAllBytesAsync(Target);
        File.WriteAllBytes(Target, [.. after[..128], .. before[128..]]);

        Assert.Equal(128, Assert.Throws<CorruptionException>(LoadCore).Offset);
    }

    [Fact]
    public async Task Load_of_a_stream_hands_out_whole_blocks_and_stops_at_the_damaged_one()
    {
        byte[] payload = Bytes((2 * Block) + 100);
        await SnapshotFile.SaveAsync(Target, payload);
        byte[] file = await File.ReadAllBytesAsync(Target);
        int second = 128 + 8 + Block;
        file[second + 5000] ^= 0x40;
        File.WriteAllBytes(Target, file);
        await using SnapshotFileReader reader = await SnapshotFile.OpenAsync(Target);
        byte[] read = new byte[3 * Block];

        Assert.Equal(Block, await reader.ReadAsync(read));
        Assert.Equal(payload[..Block], read[..Block]);
        for (int again = 0; again < 2; again++)
        {
            CorruptionException error = await Assert.ThrowsAsync<CorruptionException>(
                async () => await reader.ReadAsync(read));
            Assert.Equal(second, error.Offset);
        }

        Assert.Throws<CorruptionException>(() => reader.Read(read));
        Assert.Throws<CorruptionException>(LoadCore);
    }

    private static byte[] Bytes(int length)
    {
        byte[] bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        return bytes;
    }

    private static byte[] ReadAll(SnapshotFileReader reader, int pieceLength)
    {
        List<byte> all = [];
        byte[] piece = new byte[pieceLength];
        int count;
        while ((count = reader.Read(piece)) > 0)
        {
            all.AddRange(piece[..count]);
        }

        return [.. all];
    }

    private SnapshotContent LoadCore() =>
        SnapshotFileCore.Load(RealFileSystem.Instance, Target, forWriting: false);
}
