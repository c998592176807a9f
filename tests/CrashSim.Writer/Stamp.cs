using System.Buffers.Binary;
using LogEngine.Tests;

namespace LogEngine.CrashWriter;

/// <summary>Names a record: who appended it and where in its batch it stands.</summary>
/// <remarks>Every byte of a record follows from its stamp and length, so each is checked.</remarks>
public readonly record struct Stamp(int Run, int Writer, int Counter, int Index, int Count)
{
    /// <summary>Bytes of the stamp itself: the shortest record.</summary>
    public const int Size = 20;

    public byte[] Encode(int length)
    {
        byte[] record = new byte[Math.Max(Size, length)];
        BinaryPrimitives.WriteInt32LittleEndian(record, Run);
        BinaryPrimitives.WriteInt32LittleEndian(record.AsSpan(4), Writer);
        BinaryPrimitives.WriteInt32LittleEndian(record.AsSpan(8), Counter);
        BinaryPrimitives.WriteInt32LittleEndian(record.AsSpan(12), Index);
        BinaryPrimitives.WriteInt32LittleEndian(record.AsSpan(16), Count);
        Payloads.Fill(record.AsSpan(Size), Seed);
        return record;
    }

    /// <summary>
    /// The stamp of a record; null where the bytes are not what a writer appended.
    /// </summary>
    public static Stamp? TryDecode(ReadOnlySpan<byte> record)
    {
        if (record.Length < Size)
        {
            return null;
        }

        Stamp stamp = new(
            BinaryPrimitives.ReadInt32LittleEndian(record),
            BinaryPrimitives.ReadInt32LittleEndian(record[4..]),
            BinaryPrimitives.ReadInt32LittleEndian(record[8..]),
            BinaryPrimitives.ReadInt32LittleEndian(record[12..]),
            BinaryPrimitives.ReadInt32LittleEndian(record[16..]));
        return record.SequenceEqual(stamp.Encode(record.Length)) ? stamp : null;
    }

    private long Seed => HashCode(Run, Writer, Counter, Index);

    private static long HashCode(long run, long writer, long counter, long index) =>
        (((((run * 31) + writer) * 1_000_003) + counter) * 1_009) + index;
}
