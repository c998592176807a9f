using System.Buffers.Binary;

namespace LogEngine.Stores.Queues;

/// <summary>What the index holds of a queue: how its state in memory begins.</summary>
internal sealed class QueueScan
{
    private readonly QueueKeyspaces _keyspaces;
    private Tally _ready;
    private Tally _scheduled;
    private Tally _grouped;

    private QueueScan(QueueKeyspaces keyspaces) => _keyspaces = keyspaces;

    /// <summary>Messages without a due time that were never delivered.</summary>
    internal Tally Ready => _ready;

    /// <summary>Messages with one.</summary>
    internal Tally Scheduled => _scheduled;

    /// <summary>Messages in groups that were never delivered, whether their turn has come or not.</summary>
    internal Tally Grouped => _grouped;

    /// <summary>Messages that were delivered, and until when each waits, in UTC ticks.</summary>
    internal List<(QueueEntry Entry, long NotBefore)> Delivered { get; } = [];

    /// <summary>Attempts whose message is gone: it expired.</summary>
    internal IReadOnlyCollection<long> Orphans { get; private set; } = [];

    /// <summary>No id above it has ever been given.</summary>
    internal long LastId { get; private set; }

    /// <summary>What could not be read, and what is done instead.</summary>
    internal List<(string What, string Instead, Exception Error)> Damage { get; } = [];

    /// <summary>Some message has a time to live.</summary>
    internal bool MayExpire { get; private set; }

    /// <summary>Reads everything that opening needs; keys only, but for attempts.</summary>
    internal static QueueScan Run(QueueKeyspaces keyspaces, EmbeddedReadView view)
    {
        QueueScan scan = new(keyspaces);
        Dictionary<long, (ushort Deliveries, long NotBefore)> attempts = scan.Attempts(view);
        scan.Messages(view, attempts);
        scan.Orphans = attempts.Keys;
        scan.Ids(view);
        return scan;
    }

    /// <summary>
    /// Counts messages. For the state's own recount: of groups, only those that are held back count
    /// as grouped.
    /// </summary>
    /// <param name="keyspaces">Where they are.</param>
    /// <param name="isLeftOut">Which are counted elsewhere.</param>
    /// <param name="due">Ids of those that are ready, whatever their keys say.</param>
    /// <param name="waiting">Ids of those that wait, whatever their keys say.</param>
    internal static QueueScan Count(
        QueueKeyspaces keyspaces,
        Func<long, bool> isLeftOut,
        HashSet<long> due,
        HashSet<long> waiting)
    {
        QueueScan scan = new(keyspaces);
        using EmbeddedKeyScan keys = keyspaces.Messages.Scan(new ScanRange(default, KeysOnly: true));
        while (keys.MoveNext())
        {
            if (!QueueEntry.TryRead(keys.Key, keys.Info.Version, out QueueEntry entry)
                || isLeftOut(entry.Id))
            {
                continue;
            }

            bool isDue = due.Contains(entry.Id);
            bool retries = waiting.Contains(entry.Id);
            if (entry.Group is not null && !isDue && !retries)
            {
                scan._grouped.Add(entry.Size);
            }
            else
            {
                scan.Add(entry, waits: retries || (entry.DueTicks != 0 && !isDue));
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

    private Dictionary<long, (ushort Deliveries, long NotBefore)> Attempts(EmbeddedReadView view)
    {
        Dictionary<long, (ushort, long)> found = [];
        try
        {
            using EmbeddedKeyScan scan = view.In(_keyspaces.Attempts).Scan();
            while (scan.MoveNext())
            {
                Take(found, scan.Value);
            }
        }
        catch (CorruptionException)
        {
            // One of those ahead: each is read by itself.
            AttemptsOneByOne(view, found);
        }

        return found;
    }

    /// <summary>
    /// What is damaged is a count: its message is there, and is delivered as if for the first time.
    /// </summary>
    private void AttemptsOneByOne(EmbeddedReadView view, Dictionary<long, (ushort, long)> found)
    {
        EmbeddedKeyspaceView attempts = view.In(_keyspaces.Attempts);
        using EmbeddedKeyScan keys = attempts.Scan(new ScanRange(default, KeysOnly: true));
        System.Buffers.ArrayBufferWriter<byte> value = new();
        while (keys.MoveNext())
        {
            value.ResetWrittenCount();
            try
            {
                attempts.TryGet(keys.Key, value, out _);
                Take(found, value.WrittenSpan);
            }
            catch (CorruptionException damage)
            {
                Damage.Add(("count of a message's deliveries", "it begins anew", damage));
                if (keys.Key.Length == sizeof(long))
                {
                    found[BinaryPrimitives.ReadInt64BigEndian(keys.Key)] = (0, 0);
                }
            }
        }
    }

    private static void Take(Dictionary<long, (ushort, long)> found, ReadOnlySpan<byte> value)
    {
        if (AttemptCodec.TryRead(
            value, out QueueEntry entry, out ushort deliveries, out long notBefore))
        {
            found[entry.Id] = (deliveries, notBefore);
        }
    }

    /// <summary>Takes out of the attempts those whose message is there.</summary>
    private void Messages(
        EmbeddedReadView view, Dictionary<long, (ushort Deliveries, long NotBefore)> attempts)
    {
        using EmbeddedKeyScan scan = view.In(_keyspaces.Messages).Scan(
            new ScanRange(default, KeysOnly: true));
        string? group = null;
        while (scan.MoveNext())
        {
            ValueInfo info = scan.Info;
            if (!QueueEntry.TryRead(scan.Key, info.Version, out QueueEntry entry, group))
            {
                continue;
            }

            group = entry.Group;

            LastId = Math.Max(LastId, entry.Id);
            MayExpire |= info.ExpiresAt is not null;
            if (attempts.Count > 0
                && attempts.Remove(entry.Id, out (ushort Deliveries, long NotBefore) attempt))
            {
                Delivered.Add((
                    entry with { Deliveries = attempt.Deliveries }, attempt.NotBefore));
                continue;
            }

            if (entry.Group is not null)
            {
                _grouped.Add(entry.Size);
            }
            else
            {
                Add(entry, waits: entry.DueTicks != 0);
            }
        }
    }

    /// <summary>
    /// Where the reservation of ids is damaged, a number above all that was reserved: each reservation
    /// took a write of its own, and raised what is reserved by at most a block more than the messages
    /// it came with, which were writes too. A second block for each write is for enqueues that failed.
    /// </summary>
    private void Ids(EmbeddedReadView view)
    {
        System.Buffers.ArrayBufferWriter<byte> value = new();
        try
        {
            if (view.In(_keyspaces.Meta).TryGet(QueueKeyspaces.IdsKey, value, out _)
                && value.WrittenCount == sizeof(long))
            {
                LastId = Math.Max(
                    LastId, BinaryPrimitives.ReadInt64LittleEndian(value.WrittenSpan));
            }
        }
        catch (CorruptionException damage)
        {
            LastId = Math.Max(LastId, checked((view.Sequence + 1) * 2 * Arrivals.IdBlock));
            Damage.Add(("reservation of ids", $"they go on from {LastId}", damage));
        }
    }
}
