using static System.Buffers.Binary.BinaryPrimitives;

namespace LogEngine.Format;

/// <summary>The header of a file prepared for reuse: whose it is. See docs/format.md, 'Spare'.</summary>
internal static class SpareHeader
{
    internal const int Size = 96;

    private const int StoreIdAt = FileHeader.Size;
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
        return valid ? new Guid(source.Slice(StoreIdAt, 16), bigEndian: true) : null;
    }
}
