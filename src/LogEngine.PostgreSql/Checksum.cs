using System.Buffers.Binary;
using System.IO.Hashing;

namespace LogEngine.PostgreSql;

/// <summary>
/// What a value is checked by at each read. It covers the key and the version too, so that a value that stands in
/// another's place is found out.
/// </summary>
internal static class Checksum
{
    internal static long Of(ReadOnlySpan<byte> key, long version, ReadOnlySpan<byte> value) =>
        unchecked((long)XxHash3.HashToUInt64(value, (long)XxHash3.HashToUInt64(key, version)));

    /// <summary>Of a message: it moves to the dead letters and back, under another id, as it is.</summary>
    internal static long OfMessage(
        ReadOnlySpan<byte> headers, ReadOnlySpan<byte> body, ReadOnlySpan<byte> group)
    {
        long seed = headers.Length;
        if (!group.IsEmpty)
        {
            seed = unchecked((long)XxHash3.HashToUInt64(group, seed));
        }

        return unchecked((long)XxHash3.HashToUInt64(body, (long)XxHash3.HashToUInt64(headers, seed)));
    }

    /// <summary>
    /// Where the server gives a version while it writes, the checksum is made before: of the key, with zeros where it
    /// holds the version, and of version 0. The server adds the version to it bit by bit (exclusive or).
    /// </summary>
    private static bool IsOfServersVersion(
        ReadOnlySpan<byte> key, long version, ReadOnlySpan<byte> value, long sum)
    {
        if ((Of(key, 0, value) ^ version) == sum)
        {
            return true;
        }

        for (int at = 0; at + sizeof(long) <= key.Length; at++)
        {
            if (BinaryPrimitives.ReadInt64BigEndian(key[at..]) == version)
            {
                byte[] before = key.ToArray();
                before.AsSpan(at, sizeof(long)).Clear();
                if ((Of(before, 0, value) ^ version) == sum)
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <exception cref="CorruptionException">It is not what was written.</exception>
    internal static void Require(
        string keyspace, ReadOnlySpan<byte> key, long version, ReadOnlySpan<byte> value, long sum)
    {
        long found = Of(key, version, value);
        if (found != sum && !IsOfServersVersion(key, version, value, sum))
        {
            throw new CorruptionException(
                $"{keyspace}/{Convert.ToHexString(key)}",
                -1,
                $"the value of version {version} has checksum {found:x16}, {sum:x16} was written.");
        }
    }
}
