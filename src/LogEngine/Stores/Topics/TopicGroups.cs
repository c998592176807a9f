using System.Buffers;
using System.Text;
using LogEngine.Stores.Queues;
using LogEngine.Telemetry;

namespace LogEngine.Stores.Topics;

/// <summary>The groups of a topic by name.</summary>
/// <remarks>
/// Thread-safe. A group whose cursor is damaged is out of use until it is deleted; the others are not
/// touched by it, but no record is removed while nobody knows what it has read.
/// </remarks>
internal sealed class TopicGroups
{
    private readonly Topic _topic;
    private readonly Dictionary<string, ConsumerGroup> _groups = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Exception> _damaged = new(StringComparer.Ordinal);

    /// <summary>Reads the cursors of a topic that is being opened.</summary>
    internal TopicGroups(Topic topic)
    {
        _topic = topic;
        using KeyScan names = topic.Keyspaces.Cursors.Scan(new ScanRange(default, KeysOnly: true));
        while (names.MoveNext())
        {
            byte[] key = names.Key.ToArray();
            string name = Encoding.UTF8.GetString(key);
            try
            {
                long cursor = ReadCursor(key, name) ?? 1;
                Farthest = Math.Max(Farthest, cursor);
                _groups.Add(name, new ConsumerGroup(topic, name, key, cursor));
            }
            catch (Exception error) when (BodyReader.IsDamage(error))
            {
                LogEvents.CursorUnreadable(topic.Logger, topic.Name, name, error);
                _damaged.Add(name, error);
            }
        }
    }

    /// <summary>The farthest cursor when the topic was opened; 0 where there was none.</summary>
    internal long Farthest { get; }

    /// <summary>Up to where every group has read; 0 where nobody knows, or there is none.</summary>
    internal long ReadByAll
    {
        get
        {
            lock (_groups)
            {
                return _groups.Count == 0 || _damaged.Count > 0
                    ? 0
                    : _groups.Values.Min(group => group.Cursor);
            }
        }
    }

    /// <summary>Where each stands, by name, in a topic with that end.</summary>
    internal IReadOnlyList<GroupStatus> Statuses(long end)
    {
        lock (_groups)
        {
            return
            [
                .. _groups.Values
                    .Select(g => new GroupStatus(g.Name, g.Cursor, Math.Max(0, end - g.Cursor)))
                    .Concat(_damaged.Keys.Select(name => new GroupStatus(name, 0, end - 1)))
                    .OrderBy(status => status.Name, StringComparer.Ordinal),
            ];
        }
    }

    /// <summary>The group of a name; made, to begin at an offset, where there is none.</summary>
    internal async ValueTask<ConsumerGroup> GetAsync(
        string name, byte[] key, Func<long> beginAt, CancellationToken cancellationToken)
    {
        lock (_groups)
        {
            if (_groups.TryGetValue(name, out ConsumerGroup? known))
            {
                return known;
            }

            if (_damaged.TryGetValue(name, out Exception? damage))
            {
                throw new UndecodableValueException(
                    $"The cursor of group '{name}' of topic '{_topic.Name}' (delete the group and "
                    + "make it anew; it)",
                    damage);
            }
        }

        long cursor = beginAt();
        ConditionalResult created = await _topic.Keyspaces.Cursors.PutIfAbsentAsync(
            key, TopicKeyspaces.OffsetKey(cursor), cancellationToken: cancellationToken)
            .ConfigureAwait(false);
        cursor = created.Applied ? cursor : ReadCursor(key, name) ?? cursor;
        lock (_groups)
        {
            if (!_groups.TryGetValue(name, out ConsumerGroup? group))
            {
                group = new ConsumerGroup(_topic, name, key, cursor);
                _groups.Add(name, group);
            }

            return group;
        }
    }

    /// <summary>Removes one with its cursor; false where there was none.</summary>
    internal async ValueTask<bool> DeleteAsync(
        string name, byte[] key, CancellationToken cancellationToken)
    {
        ConsumerGroup? group;
        lock (_groups)
        {
            if (!_groups.TryGetValue(name, out group) && !_damaged.ContainsKey(name))
            {
                return false;
            }
        }

        if (group is null)
        {
            await _topic.Keyspaces.Cursors.DeleteAsync(key, cancellationToken: cancellationToken)
                .ConfigureAwait(false);
        }
        else if (!await group.DeleteAsync(cancellationToken).ConfigureAwait(false))
        {
            return false;
        }

        // Only now: a new one of the name would have found the old cursor.
        lock (_groups)
        {
            return group is null ? _damaged.Remove(name) : _groups.Remove(name);
        }
    }

    /// <summary>Null where there is none.</summary>
    private long? ReadCursor(byte[] key, string name)
    {
        ArrayBufferWriter<byte> value = new();
        return !_topic.Keyspaces.Cursors.TryGet(key, value, out _) ? null
            : value.WrittenCount == sizeof(long) ? TopicKeyspaces.OffsetOf(value.WrittenSpan)
            : throw new UndecodableValueException(
                $"The cursor of group '{name}' of topic '{_topic.Name}'",
                new InvalidDataException($"it has {value.WrittenCount} bytes, not 8."));
    }
}
