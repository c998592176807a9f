using System.Buffers.Binary;

namespace LogEngine.Stores.Queues;

/// <summary>A message as its key tells it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Version">Sequence of the write that made it.</param>
/// <param name="DueTicks">UTC ticks before which it is not delivered; 0 where it never waited.</param>
/// <param name="Size">Bytes that it takes in the log.</param>
/// <param name="Lane">Its lane.</param>
/// <param name="Deliveries">Deliveries begun; not in the key.</param>
internal readonly record struct QueueEntry(
    long Id, long Version, long DueTicks, int Size, byte Lane, ushort Deliveries = 0)
{
    internal const byte ReadyKind = 1;
    internal const byte ScheduledKind = 2;
    internal const int MaxKeySize = 22;

    /// <summary>What a record costs beside key and value, about.</summary>
    private const int RecordOverhead = 48;

    private const int ReadyKeySize = 14;

    internal int KeySize => DueTicks == 0 ? ReadyKeySize : MaxKeySize;

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

    internal static int StoredSize(int valueLength) =>
        (valueLength + RecordOverhead + ReadyKeySize + 7) & ~7;

    internal static byte[] IdKey(long id)
    {
        byte[] key = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(key, id);
        return key;
    }

    /// <exception cref="UndecodableValueException">It is no id.</exception>
    internal static long IdOf(ReadOnlySpan<byte> key) => key.Length == sizeof(long)
        ? BinaryPrimitives.ReadInt64BigEndian(key)
        : throw UndecodableValueException.OfKey(key, "an id has eight bytes");

    internal int WriteKey(Span<byte> key)
    {
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
        return MaxKeySize;
    }

    /// <summary>False where the key is of no known kind.</summary>
    internal static bool TryRead(ReadOnlySpan<byte> key, long version, out QueueEntry entry)
    {
        entry = default;
        if (key.Length == ReadyKeySize && key[0] == ReadyKind && key[1] < QueueMessage.Lanes)
        {
            entry = new QueueEntry(
                BinaryPrimitives.ReadInt64BigEndian(key[2..]),
                version,
                0,
                BinaryPrimitives.ReadInt32BigEndian(key[10..]),
                key[1]);
            return true;
        }

        if (key.Length == MaxKeySize && key[0] == ScheduledKind && key[17] < QueueMessage.Lanes)
        {
            entry = new QueueEntry(
                BinaryPrimitives.ReadInt64BigEndian(key[9..]),
                version,
                BinaryPrimitives.ReadInt64BigEndian(key[1..]),
                BinaryPrimitives.ReadInt32BigEndian(key[18..]),
                key[17]);
            return true;
        }

        return false;
    }
}
