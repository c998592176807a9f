using System.Buffers.Binary;
using System.Text;

namespace LogEngine.Stores.Queues;

/// <summary>A message as its key tells it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Version">Sequence of the write that made it.</param>
/// <param name="DueTicks">UTC ticks before which it is not delivered; 0 where it never waited.</param>
/// <param name="Size">Bytes that it takes in the log.</param>
/// <param name="Lane">Its lane.</param>
/// <param name="Deliveries">Deliveries begun; not in the key.</param>
/// <param name="Group">Its group; null for none.</param>
internal readonly record struct QueueEntry(
    long Id,
    long Version,
    long DueTicks,
    int Size,
    byte Lane,
    ushort Deliveries = 0,
    string? Group = null)
{
    internal const byte ReadyKind = 1;
    internal const byte ScheduledKind = 2;

    /// <summary>
    /// Of a message in a group, due or not. Builds that know no groups skip keys of this kind: they
    /// leave such messages where they are.
    /// </summary>
    internal const byte GroupedKind = 3;
    internal const int MaxGroupIdBytes = 128;
    internal const int MaxKeySize = 2 + MaxGroupIdBytes + GroupedTail;

    /// <summary>What a record costs beside key and value, about.</summary>
    private const int RecordOverhead = 48;

    private const int ReadyKeySize = 14;
    private const int ScheduledKeySize = 22;

    /// <summary>Bytes of a grouped key behind its group: id, lane, due ticks, size.</summary>
    private const int GroupedTail = 21;

    /// <summary>By id alone: what else is known of a message may differ.</summary>
    internal static IEqualityComparer<QueueEntry> ById { get; } =
        EqualityComparer<QueueEntry>.Create((a, b) => a.Id == b.Id, entry => entry.Id.GetHashCode());

    internal int KeySize => Group is not null
        ? 2 + Encoding.UTF8.GetByteCount(Group) + GroupedTail
        : DueTicks == 0 ? ReadyKeySize : ScheduledKeySize;

    internal byte[] Key
    {
        get
        {
            byte[] key = new byte[KeySize];
            WriteKey(key);
            return key;
        }
    }

    /// <summary>With the delivery that begins, up to 65,535 of them.</summary>
    internal QueueEntry Counted() => this with
    {
        Deliveries = (ushort)Math.Min(Deliveries + 1, ushort.MaxValue),
    };

    /// <summary>What a message takes in the log, by the length of its value and of its group.</summary>
    internal static int StoredSize(int valueLength, string? group) =>
        (valueLength + RecordOverhead + ReadyKeySize + 7
            + (group is null ? 0 : Encoding.UTF8.GetByteCount(group) + 9)) & ~7;

    internal static byte[] IdKey(long id)
    {
        byte[] key = new byte[sizeof(long)];
        WriteId(key, id);
        return key;
    }

    internal static void WriteId(Span<byte> key, long id) =>
        BinaryPrimitives.WriteInt64BigEndian(key, id);

    /// <exception cref="UndecodableValueException">It is no id.</exception>
    internal static long IdOf(ReadOnlySpan<byte> key) => key.Length == sizeof(long)
        ? BinaryPrimitives.ReadInt64BigEndian(key)
        : throw UndecodableValueException.OfKey(key, "an id has eight bytes");

    /// <summary>What all keys of a group begin with; no other key does.</summary>
    internal static byte[] GroupPrefix(string group)
    {
        byte[] prefix = new byte[2 + Encoding.UTF8.GetByteCount(group)];
        WriteGroup(prefix, group);
        return prefix;
    }

    internal int WriteKey(Span<byte> key)
    {
        if (Group is not null)
        {
            int at = WriteGroup(key, Group);
            BinaryPrimitives.WriteInt64BigEndian(key[at..], Id);
            key[at + 8] = Lane;
            BinaryPrimitives.WriteInt64BigEndian(key[(at + 9)..], DueTicks);
            BinaryPrimitives.WriteInt32BigEndian(key[(at + 17)..], Size);
            return at + GroupedTail;
        }

        if (DueTicks == 0)
        {
            key[0] = ReadyKind;
            key[1] = Lane;
            BinaryPrimitives.WriteInt64BigEndian(key[2..], Id);
            BinaryPrimitives.WriteInt32BigEndian(key[10..], Size);
            return ReadyKeySize;
        }

        key[0] = ScheduledKind;
        BinaryPrimitives.WriteInt64BigEndian(key[1..], DueTicks);
        BinaryPrimitives.WriteInt64BigEndian(key[9..], Id);
        key[17] = Lane;
        BinaryPrimitives.WriteInt32BigEndian(key[18..], Size);
        return ScheduledKeySize;
    }

    /// <summary>False where the key is of no known kind.</summary>
    /// <param name="key">The key.</param>
    /// <param name="version">Sequence of the write that made it.</param>
    /// <param name="entry">What it says.</param>
    /// <param name="likely">
    /// The group that it may be of: one object for the keys of a group, which stand side by side.
    /// </param>
    internal static bool TryRead(
        ReadOnlySpan<byte> key, long version, out QueueEntry entry, string? likely = null)
    {
        entry = default;
        switch (key.IsEmpty ? 0 : key[0])
        {
            case ReadyKind when key.Length == ReadyKeySize:
                entry = new QueueEntry(
                    BinaryPrimitives.ReadInt64BigEndian(key[2..]),
                    version,
                    0,
                    BinaryPrimitives.ReadInt32BigEndian(key[10..]),
                    key[1]);
                break;
            case ScheduledKind when key.Length == ScheduledKeySize:
                entry = new QueueEntry(
                    BinaryPrimitives.ReadInt64BigEndian(key[9..]),
                    version,
                    BinaryPrimitives.ReadInt64BigEndian(key[1..]),
                    BinaryPrimitives.ReadInt32BigEndian(key[18..]),
                    key[17]);
                break;
            case GroupedKind when key.Length > 2 && key.Length == 2 + key[1] + GroupedTail:
                ReadOnlySpan<byte> tail = key[(2 + key[1])..];
                entry = new QueueEntry(
                    BinaryPrimitives.ReadInt64BigEndian(tail),
                    version,
                    BinaryPrimitives.ReadInt64BigEndian(tail[9..]),
                    BinaryPrimitives.ReadInt32BigEndian(tail[17..]),
                    tail[8],
                    0,
                    ReadGroup(key.Slice(2, key[1]), likely));
                break;
            default:
                return false;
        }

        return entry.Lane < QueueMessage.Lanes;
    }

    private static int WriteGroup(Span<byte> key, string group)
    {
        key[0] = GroupedKind;
        int length = Encoding.UTF8.GetBytes(group, key[2..]);
        key[1] = (byte)length;
        return 2 + length;
    }

    private static string ReadGroup(ReadOnlySpan<byte> utf8, string? likely) =>
        likely is not null && Ascii.Equals(utf8, likely) ? likely : Encoding.UTF8.GetString(utf8);
}
