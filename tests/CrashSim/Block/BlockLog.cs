using System.Buffers.Binary;

namespace LogEngine.CrashSim.Block;

/// <summary>One request of a recorded block device.</summary>
/// <param name="Offset">Byte offset on the device.</param>
/// <param name="Bytes">What was written; empty for a flush; zeros for a discard.</param>
/// <param name="IsFlush">Everything logged before is durable.</param>
internal sealed record BlockRequest(long Offset, ReadOnlyMemory<byte> Bytes, bool IsFlush);

/// <summary>
/// Reads a log of writes as the kernel's dm-log-writes defines it and QEMU's blklogwrites writes it:
/// a superblock, then entries of one sector each, followed by their data.
/// </summary>
internal static class BlockLog
{
    private const ulong Magic = 0x6a736677736872;
    private const ulong Flush = 1;
    private const ulong Discard = 4;

    internal static IReadOnlyList<BlockRequest> Read(string path)
    {
        byte[] log = File.ReadAllBytes(path);
        Assert.Equal(Magic, Word(log, 0));
        Assert.Equal(1UL, Word(log, 8));
        long entries = checked((long)Word(log, 16));
        int sector = BinaryPrimitives.ReadInt32LittleEndian(log.AsSpan(24));
        List<BlockRequest> requests = [];
        int at = sector;
        for (long i = 0; i < entries; i++)
        {
            long offset = checked((long)Word(log, at) * sector);
            int length = checked((int)((long)Word(log, at + 8) * sector));
            ulong flags = Word(log, at + 16);
            at += sector;
            if ((flags & Discard) != 0)
            {
                // No data of its own: it reads as zeros from then on.
                requests.Add(new BlockRequest(offset, new byte[length], IsFlush: false));
                continue;
            }

            if (length > 0)
            {
                requests.Add(new BlockRequest(offset, log.AsMemory(at, length), IsFlush: false));
                at += length;
            }

            if ((flags & Flush) != 0)
            {
                requests.Add(new BlockRequest(0, default, IsFlush: true));
            }
        }

        return requests;
    }

    private static ulong Word(byte[] log, int at) =>
        BinaryPrimitives.ReadUInt64LittleEndian(log.AsSpan(at));
}
