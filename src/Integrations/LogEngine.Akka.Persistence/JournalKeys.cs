using System.Buffers.Binary;
using System.Text;

namespace LogEngine.Akka.Persistence;

/// <summary>
/// Keys of a journal. A text stands behind its length of two bytes, numbers are of eight bytes, all big-endian:
/// <list type="bullet">
/// <item><c>01</c>, persistence id, sequence number: an event; <see cref="EventRow"/>.</item>
/// <item>
/// <c>02</c>, persistence id: that there is one; its value is the highest sequence number that a deletion has met.
/// </item>
/// <item><c>03</c>, tag, version: the key of an event with that tag, in the order of commits.</item>
/// <item><c>04</c>, version: the key of an event, in the order of commits.</item>
/// <item><c>05</c>, version: a persistence id, in the order of their first events.</item>
/// </list>
/// </summary>
internal static class JournalKeys
{
    /// <summary>
    /// Longest persistence id or tag in bytes of UTF-8: the key of an event, and one byte behind it, is a key.
    /// </summary>
    internal static int MaxTextBytes => StorageEngine.MaxKeyBytes - 1 - 2 - 8 - 1;

    /// <summary>All events, in the order of commits.</summary>
    internal static byte[] AllEvents { get; } = [4];

    /// <summary>All persistence ids, in the order of their first events.</summary>
    internal static byte[] AllIds { get; } = [5];

    internal static byte[] EventsOf(string persistenceId) => Text(1, persistenceId, 0, "persistence id");

    internal static byte[] Event(string persistenceId, long sequenceNr)
    {
        byte[] key = Text(1, persistenceId, 8, "persistence id");
        BinaryPrimitives.WriteInt64BigEndian(key.AsSpan(^8..), sequenceNr);
        return key;
    }

    internal static byte[] Id(string persistenceId) => Text(2, persistenceId, 0, "persistence id");

    internal static byte[] Tag(string tag) => Text(3, tag, 0, "tag");

    /// <summary>A key of a feed: its prefix and a version.</summary>
    internal static byte[] In(ReadOnlySpan<byte> feed, long version)
    {
        byte[] key = [.. feed, .. new byte[8]];
        BinaryPrimitives.WriteInt64BigEndian(key.AsSpan(^8..), version);
        return key;
    }

    /// <summary>The first key behind one.</summary>
    internal static byte[] Behind(byte[] key) => [.. key, 0];

    /// <summary>The number that the key of an event, or of a feed, ends with.</summary>
    internal static long NumberOf(ReadOnlySpan<byte> key) => BinaryPrimitives.ReadInt64BigEndian(key[^8..]);

    /// <summary>The persistence id of the key of an event.</summary>
    internal static string IdOf(ReadOnlySpan<byte> key) => Encoding.UTF8.GetString(key[3..^8]);

    private static byte[] Text(byte kind, string text, int room, string what)
    {
        ArgumentNullException.ThrowIfNull(text);
        int length = Encoding.UTF8.GetByteCount(text);
        if (length > MaxTextBytes)
        {
            throw new ArgumentException(
                $"A {what} of {length} bytes of UTF-8; at most {MaxTextBytes} are allowed.", nameof(text));
        }

        byte[] key = new byte[1 + 2 + length + room];
        key[0] = kind;
        BinaryPrimitives.WriteUInt16BigEndian(key.AsSpan(1), (ushort)length);
        Encoding.UTF8.GetBytes(text, key.AsSpan(3));
        return key;
    }
}
