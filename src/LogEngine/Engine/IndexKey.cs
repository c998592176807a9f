using System.Buffers.Binary;
using LogEngine.Format;

namespace LogEngine.Engine;

/// <summary>Keys of the one index: the keyspace's id, big-endian, then the caller's key.</summary>
internal static class IndexKey
{
    internal const int PrefixSize = 4;

    /// <summary>Most bytes of a key with its prefix.</summary>
    internal const int MaxSize = PrefixSize + FormatLimits.MaxKeyBytes;

    private const int ChunkKeySize = PrefixSize + 8 + 4;

    /// <summary>Writes a whole key; gives its length.</summary>
    internal static int Write(Span<byte> target, uint keyspace, ReadOnlySpan<byte> key)
    {
        BinaryPrimitives.WriteUInt32BigEndian(target, keyspace);
        key.CopyTo(target[PrefixSize..]);
        return PrefixSize + key.Length;
    }

    internal static uint KeyspaceOf(ReadOnlySpan<byte> key) =>
        BinaryPrimitives.ReadUInt32BigEndian(key);

    /// <summary>The bound before all keys of a keyspace.</summary>
    internal static byte[] StartOf(uint keyspace)
    {
        byte[] start = new byte[PrefixSize];
        BinaryPrimitives.WriteUInt32BigEndian(start, keyspace);
        return start;
    }

    /// <summary>
    /// The first key behind all of a keyspace; empty, which is 'to the end', for the last one.
    /// </summary>
    internal static byte[] EndOf(uint keyspace) =>
        keyspace == uint.MaxValue ? [] : StartOf(keyspace + 1);

    /// <summary>Key of a chunk within its hidden keyspace.</summary>
    internal static byte[] ChunkKey(long set, int chunk)
    {
        byte[] key = new byte[ChunkKeySize - PrefixSize];
        BinaryPrimitives.WriteInt64BigEndian(key, set);
        BinaryPrimitives.WriteInt32BigEndian(key.AsSpan(8), chunk);
        return key;
    }

    /// <summary>The set that the key of a chunk or of a marker names.</summary>
    internal static long ChunkSetOf(ReadOnlySpan<byte> fullKey) =>
        BinaryPrimitives.ReadInt64BigEndian(fullKey[PrefixSize..]);
}
