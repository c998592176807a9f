using System.Buffers.Binary;
using System.Text;

namespace LogEngine.Stores.Topics;

/// <summary>The keyspaces of one topic; docs/queue.md says what is in them.</summary>
internal sealed class TopicKeyspaces(StorageEngine engine, string name)
{
    internal const int MaxNameBytes = 512;

    internal Keyspace Records { get; } = engine.GetStoreKeyspace($"topic/{name}/records");

    internal Keyspace Cursors { get; } = engine.GetStoreKeyspace($"topic/{name}/cursors");

    /// <summary>
    /// Offsets of last records, without values and without expiry: where the records themselves
    /// expire, they tell the next open where the topic ends.
    /// </summary>
    internal Keyspace Ends { get; } = engine.GetStoreKeyspace($"topic/{name}/ends");

    /// <summary>Offsets that never had a record: first one, and how many.</summary>
    internal Keyspace Gaps { get; } = engine.GetStoreKeyspace($"topic/{name}/gaps");

    /// <summary>The next offset, where several processes give them.</summary>
    internal Keyspace Next { get; } = engine.GetStoreKeyspace($"topic/{name}/next");

    /// <summary>All of them; the one that a topic is listed by is the last.</summary>
    internal IEnumerable<Keyspace> All => [Cursors, Ends, Gaps, Next, Records];

    internal static byte[] OffsetKey(long offset)
    {
        byte[] key = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(key, offset);
        return key;
    }

    /// <exception cref="UndecodableValueException">It is no offset.</exception>
    internal static long OffsetOf(ReadOnlySpan<byte> key) => key.Length == sizeof(long)
        ? BinaryPrimitives.ReadInt64BigEndian(key)
        : throw UndecodableValueException.OfKey(key, "an offset has eight bytes");

    /// <exception cref="ArgumentException">The name is empty or too long.</exception>
    internal static byte[] CheckName(string name, string parameter)
    {
        ArgumentException.ThrowIfNullOrEmpty(name, parameter);
        byte[] bytes = Encoding.UTF8.GetBytes(name);
        return bytes.Length <= MaxNameBytes
            ? bytes
            : throw new ArgumentException(
                $"A name of {bytes.Length} bytes of UTF-8; at most {MaxNameBytes} are allowed.",
                parameter);
    }
}
