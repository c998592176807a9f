using System.Buffers.Binary;
using LogEngine.Stores;

namespace LogEngine.OpenTelemetry;

/// <summary>
/// A blob's key: <c>01</c>, the ticks of its creation, a random number, and its length; its lease has <c>02</c>, the
/// same ticks and number. Numbers are big-endian, so that blobs are in the order of their creation, and what is stored
/// is counted without reading it.
/// </summary>
internal readonly record struct BlobKey(long CreatedTicks, long Random, int Length)
{
    private const int Bytes = 1 + 8 + 8 + 4;

    internal static byte[] Blobs { get; } = [1];

    internal byte[] Blob()
    {
        byte[] key = new byte[Bytes];
        key[0] = 1;
        BinaryPrimitives.WriteInt64BigEndian(key.AsSpan(1), CreatedTicks);
        BinaryPrimitives.WriteInt64BigEndian(key.AsSpan(9), Random);
        BinaryPrimitives.WriteInt32BigEndian(key.AsSpan(17), Length);
        return key;
    }

    internal byte[] Lease()
    {
        byte[] key = Blob()[..^4];
        key[0] = 2;
        return key;
    }

    /// <exception cref="UndecodableValueException">It is no key of a blob.</exception>
    internal static BlobKey Parse(ReadOnlySpan<byte> key) => key.Length == Bytes && key[0] == 1
        ? new BlobKey(
            BinaryPrimitives.ReadInt64BigEndian(key[1..]),
            BinaryPrimitives.ReadInt64BigEndian(key[9..]),
            BinaryPrimitives.ReadInt32BigEndian(key[17..]))
        : throw new UndecodableValueException(
            $"Key {Convert.ToHexString(key)} of a store of telemetry",
            new FormatException($"a blob's key has {Bytes} bytes and begins with 01."));
}
