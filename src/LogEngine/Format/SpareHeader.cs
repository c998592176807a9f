using static System.Buffers.Binary.BinaryPrimitives;

namespace LogEngine.Format;

/// <summary>The header of a file prepared for reuse: whose it is. See docs/format.md, 'Spare'.</summary>
internal static class SpareHeader
{
    internal const int Size = 96;

    private const int StoreIdAt = FileHeader.Size;
    private const int StoreIdSize = 16;
    private const int CrcAt = 92;

    internal static void Write(Span<byte> target, ulong fileNumber, Guid storeId)
    {
        Span<byte> to = target[..Size];
        to.Clear();
        new FileHeader(FileKind.Spare, Size, fileNumber).Write(to);
        storeId.TryWriteBytes(to[StoreIdAt..], bigEndian: true, out _);
        WriteUInt32LittleEndian(to[CrcAt..], Crc32C.Compute(0, StoreIdAt, to[StoreIdAt..CrcAt]));
    }

    /// <summary>The store of a valid spare header; null for anything else.</summary>
    internal static Guid? TryRead(ReadOnlySpan<byte> source)
    {
        bool valid = source.Length >= Size
            && FileHeader.Read(source, forWriting: false, out FileHeader header)
                == HeaderVerdict.Valid
            && header.Kind == FileKind.Spare
            && header.HeaderLength == Size
            && ReadUInt32LittleEndian(source[CrcAt..])
                == Crc32C.Compute(0, StoreIdAt, source[StoreIdAt..CrcAt]);
        return valid ? new Guid(source.Slice(StoreIdAt, StoreIdSize), bigEndian: true) : null;
    }

    /// <summary>
    /// The store named by the start of a file that has no valid header. Magic, file number and store
    /// are the same bytes in a spare's header and in that of each segment the file becomes, so they
    /// stand there whichever bytes of one have replaced the other's. Null where they do not.
    /// </summary>
    internal static Guid? StoreInClear(ReadOnlySpan<byte> source, ulong fileNumber) =>
        source.Length >= Size && FileHeader.NumberInClear(source) == fileNumber
            ? new Guid(source.Slice(StoreIdAt, StoreIdSize), bigEndian: true)
            : null;
}
