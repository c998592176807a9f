namespace LogEngine.Stores.Queues;

/// <summary>
/// Whose turn it is in each group: of the messages of a group one at a time is shown, to the lanes or
/// the schedule, and the next one not before it has ended.
/// </summary>
/// <remarks>
/// <para>
/// Guarded by the queue's lock. A group is in memory while it has messages; of those that are held
/// back there is nothing but their keys in the index, which stand in the order of their ids.
/// </para>
/// <para>
/// Invariant: a group is in the table exactly while one of its messages is shown or out (leased, on
/// its way to or from a lease, or being removed). A group without either has no message that has
/// arrived.
/// </para>
/// </remarks>
internal sealed class GroupTable(EmbeddedKeyspace messages, Func<long, bool> isArriving)
{
    private readonly Dictionary<string, Group> _groups = new(StringComparer.Ordinal);

    /// <summary>Of messages that were delivered before: how often, and until when each waits.</summary>
    private readonly Dictionary<long, (ushort Deliveries, long NotBefore, long Version)> _delivered = [];

    /// <summary>Messages behind the shown one that are being removed.</summary>
    private readonly HashSet<long> _claimed = [];
    private Tally _heldBack;

    /// <summary>Messages that wait for one before them.</summary>
    internal Tally HeldBack => _heldBack;

    /// <summary>What was there when the queue was opened, without the delivered ones.</summary>
    internal void Found(Tally heldBack) => _heldBack += heldBack;

    /// <summary>They have been counted anew.</summary>
    internal void Recounted(Tally heldBack) => _heldBack = heldBack;

    /// <summary>A message has arrived, or is there again: it waits for its turn.</summary>
    internal void Hold(in QueueEntry entry, long notBeforeTicks)
    {
        _heldBack.Add(entry.Size);
        if (entry.Deliveries > 0 || notBeforeTicks > 0)
        {
            _delivered[entry.Id] = (entry.Deliveries, notBeforeTicks, entry.Version);
        }
    }

    /// <summary>The shown message of a group has been taken.</summary>
    internal void Take(string group)
    {
        _groups[group].ShownVersion = null;
        _groups[group].Out++;
    }

    /// <summary>A message behind the shown one is to be removed, before its turn.</summary>
    internal void TakeHeldBack(in QueueEntry entry)
    {
        _heldBack.Remove(entry.Size);
        _claimed.Add(entry.Id);
        _groups[entry.Group!].Out++;
    }

    /// <summary>One that was out is gone, or has been held again.</summary>
    internal void PutDown(in QueueEntry entry)
    {
        _claimed.Remove(entry.Id);
        _groups[entry.Group!].Out--;
    }

    /// <summary>Nobody has to know any more how often it was delivered.</summary>
    internal void Forget(long id) => _delivered.Remove(id);

    /// <summary>Shows the next message of a group, if it is its turn and there is one.</summary>
    /// <param name="group">The group.</param>
    /// <param name="shown">The message.</param>
    /// <param name="notBeforeTicks">Until when it waits, and the whole group with it.</param>
    internal bool TryShow(string group, out QueueEntry shown, out long notBeforeTicks)
    {
        if (_groups.TryGetValue(group, out Group? found)
            && (found.ShownVersion is not null || found.Out > 0))
        {
            shown = default;
            notBeforeTicks = 0;
            return false;
        }

        if (!TryFind(group, 0, out shown, out notBeforeTicks))
        {
            _groups.Remove(group);

            // What is still counted where no group has a message expired unseen.
            _heldBack = _groups.Count == 0 ? default : _heldBack;
            return false;
        }

        Show(shown);
        return true;
    }

    /// <summary>Shows a message of each group of which none is shown or out.</summary>
    internal IEnumerable<(QueueEntry Entry, long NotBefore)> ShowAll()
    {
        using EmbeddedKeyScan scan = messages.Scan(new ScanRange(
            new byte[] { QueueEntry.GroupedKind },
            new byte[] { QueueEntry.GroupedKind + 1 },
            KeysOnly: true));
        string? last = null;
        while (scan.MoveNext())
        {
            if (QueueEntry.TryRead(scan.Key, scan.Info.Version, out QueueEntry entry, last)
                && !IsElsewhere(entry.Id))
            {
                last = entry.Group;
                if (!_groups.ContainsKey(last!))
                {
                    (entry, long notBefore) = WithDeliveries(entry);
                    Show(entry);
                    yield return (entry, notBefore);
                }
            }
        }
    }

    /// <summary>Messages that were written before a sequence are gone.</summary>
    internal void RemoveBelow(long version)
    {
        foreach (long id in _delivered.Where(d => d.Value.Version < version).Select(d => d.Key).ToList())
        {
            _delivered.Remove(id);
        }

        foreach (Group group in _groups.Values
            .Where(g => g.ShownVersion < version).ToList())
        {
            group.ShownVersion = null;
            if (group.Out == 0)
            {
                _groups.Remove(group.Name);
            }
        }
    }

    /// <summary>The first message of a group from an id on that has arrived and is nowhere else.</summary>
    internal bool TryFind(string group, long fromId, out QueueEntry entry, out long notBeforeTicks)
    {
        byte[] prefix = QueueEntry.GroupPrefix(group);
        byte[] end = [.. prefix, 0xFF];
        using EmbeddedKeyScan scan = messages.Scan(new ScanRange(
            (byte[])[.. prefix, .. QueueEntry.IdKey(fromId)], end, KeysOnly: true));
        while (scan.MoveNext())
        {
            if (QueueEntry.TryRead(scan.Key, scan.Info.Version, out entry, group)
                && !IsElsewhere(entry.Id))
            {
                (entry, notBeforeTicks) = WithDeliveries(entry with { Group = group });
                return true;
            }
        }

        entry = default;
        notBeforeTicks = 0;
        return false;
    }

    /// <summary>Whether a message is the one of its group that is shown.</summary>
    internal bool IsShown(in QueueEntry entry) =>
        _groups.TryGetValue(entry.Group!, out Group? group) && group.ShownVersion == entry.Version
        && group.ShownId == entry.Id;

    /// <summary>What is known of a message that is held back, beyond its key.</summary>
    internal (QueueEntry Entry, long NotBefore) WithDeliveries(in QueueEntry entry) =>
        _delivered.TryGetValue(entry.Id, out (ushort Deliveries, long NotBefore, long Version) known)
            ? (entry with { Deliveries = known.Deliveries }, known.NotBefore)
            : (entry, entry.DueTicks);

    private bool IsElsewhere(long id) => isArriving(id) || _claimed.Contains(id);

    private void Show(in QueueEntry entry)
    {
        if (!_groups.TryGetValue(entry.Group!, out Group? group))
        {
            _groups.Add(entry.Group!, group = new Group(entry.Group!));
        }

        group.ShownVersion = entry.Version;
        group.ShownId = entry.Id;
        _heldBack.Remove(entry.Size);
    }

    /// <summary>A group that has messages.</summary>
    private sealed class Group(string name)
    {
        internal string Name { get; } = name;

        /// <summary>Sequence of the message that is shown; null where none is.</summary>
        internal long? ShownVersion { get; set; }

        internal long ShownId { get; set; }

        /// <summary>How many of its messages are out.</summary>
        internal int Out { get; set; }
    }
}
