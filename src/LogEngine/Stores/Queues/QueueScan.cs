using System.Buffers.Binary;

namespace LogEngine.Stores.Queues;

/// <summary>What the index holds of a queue: how its state in memory begins.</summary>
internal sealed class QueueScan
{
    private readonly QueueKeyspaces _keyspaces;
    private Tally _ready;
    private Tally _scheduled;

    private QueueScan(QueueKeyspaces keyspaces) => _keyspaces = keyspaces;

    /// <summary>Messages without a due time that were never delivered.</summary>
    internal Tally Ready => _ready;

    /// <summary>Messages with one.</summary>
    internal Tally Scheduled => _scheduled;

    /// <summary>Messages that were delivered, and until when each waits, in UTC ticks.</summary>
    internal List<(QueueEntry Entry, long NotBefore)> Delivered { get; } = [];

    /// <summary>Attempts whose message is gone: it expired.</summary>
    internal IReadOnlyCollection<long> Orphans { get; private set; } = [];

    /// <summary>No id above it has ever been given.</summary>
    internal long LastId { get; private set; }

    /// <summary>Some message has a time to live.</summary>
    internal bool MayExpire { get; private set; }

    /// <summary>Reads everything that opening needs; keys only, but for attempts.</summary>
    internal static QueueScan Run(QueueKeyspaces keyspaces, ReadView view)
    {
        QueueScan scan = new(keyspaces);
        Dictionary<long, (ushort Deliveries, long NotBefore)> attempts = scan.Attempts(view);
        scan.Messages(view, attempts);
        scan.Orphans = attempts.Keys;
        scan.Ids(view);
        return scan;
    }

    /// <summary>Counts messages, some of them left out. For the state's own recount.</summary>
    internal static QueueScan Count(
        QueueKeyspaces keyspaces, Func<long, bool> isLeftOut, HashSet<long> due)
    {
        QueueScan scan = new(keyspaces);
        using KeyScan keys = keyspaces.Messages.Scan(new ScanRange(default, KeysOnly: true));
        while (keys.MoveNext())
        {
            if (QueueEntry.TryRead(keys.Key, keys.Info.Version, out QueueEntry entry)
                && !isLeftOut(entry.Id))
            {
                scan.Add(entry, waits: entry.DueTicks != 0 && !due.Contains(entry.Id));
            }
        }

        return scan;
    }

    private void Add(in QueueEntry entry, bool waits)
    {
        if (waits)
        {
            _scheduled.Add(entry.Size);
        }
        else
        {
            _ready.Add(entry.Size);
        }
    }

    private Dictionary<long, (ushort Deliveries, long NotBefore)> Attempts(ReadView view)
    {
        Dictionary<long, (ushort, long)> found = [];
        using KeyScan scan = view.In(_keyspaces.Attempts).Scan();
        while (scan.MoveNext())
        {
            if (AttemptCodec.TryRead(
                scan.Value, out QueueEntry entry, out int deliveries, out long notBefore))
            {
                ushort count = (ushort)Math.Clamp(deliveries, 0, ushort.MaxValue);
                found[entry.Id] = (count, notBefore);
            }
        }

        return found;
    }

    /// <summary>Takes out of the attempts those whose message is there.</summary>
    private void Messages(
        ReadView view, Dictionary<long, (ushort Deliveries, long NotBefore)> attempts)
    {
        using KeyScan scan = view.In(_keyspaces.Messages).Scan(
            new ScanRange(default, KeysOnly: true));
        while (scan.MoveNext())
        {
            ValueInfo info = scan.Info;
            if (!QueueEntry.TryRead(scan.Key, info.Version, out QueueEntry entry))
            {
                continue;
            }

            LastId = Math.Max(LastId, entry.Id);
            MayExpire |= info.ExpiresAt is not null;
            if (attempts.Count > 0
                && attempts.Remove(entry.Id, out (ushort Deliveries, long NotBefore) attempt))
            {
                Delivered.Add((
                    entry with { Deliveries = attempt.Deliveries }, attempt.NotBefore));
                continue;
            }

            Add(entry, waits: entry.DueTicks != 0);
        }
    }

    private void Ids(ReadView view)
    {
        System.Buffers.ArrayBufferWriter<byte> value = new();
        if (view.In(_keyspaces.Meta).TryGet(QueueKeyspaces.IdsKey, value, out _)
            && value.WrittenCount == sizeof(long))
        {
            LastId = Math.Max(
                LastId, BinaryPrimitives.ReadInt64LittleEndian(value.WrittenSpan));
        }
    }
}
