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

    internal TopicGroups(Topic topic) => _topic = topic;

    /// <summary>Reads the cursors of a topic that is being opened.</summary>
    internal async ValueTask ReadAsync(CancellationToken cancellationToken)
    {
        KeyScan names = _topic.Keyspaces.Cursors.Scan(new ScanRange(default, KeysOnly: true));
        await using (names.ConfigureAwait(false))
        {
            while (await names.MoveNextAsync(cancellationToken).ConfigureAwait(false))
            {
                byte[] key = names.Key.ToArray();
                string name = Encoding.UTF8.GetString(key);
                try
                {
                    long cursor = await ReadCursorAsync(key, name, cancellationToken)
                        .ConfigureAwait(false) ?? 1;
                    Farthest = Math.Max(Farthest, cursor);
                    _groups.Add(name, new ConsumerGroup(_topic, name, key, cursor));
                }
                catch (Exception error) when (BodyReader.IsDamage(error))
                {
                    LogEvents.CursorUnreadable(_topic.Logger, _topic.Name, name, error);
                    _damaged.Add(name, error);
                }
            }
        }
    }

    /// <summary>The farthest cursor when the topic was opened; 0 where there was none.</summary>
    internal long Farthest { get; private set; }

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
        string name, byte[] key, Func<ValueTask<long>> beginAt, CancellationToken cancellationToken)
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

        long cursor = await beginAt().ConfigureAwait(false);
        ConditionalResult created = await _topic.Keyspaces.Cursors.PutIfAbsentAsync(
            key, TopicKeyspaces.OffsetKey(cursor), cancellationToken: cancellationToken)
            .ConfigureAwait(false);
        cursor = created.Applied
            ? cursor
            : await ReadCursorAsync(key, name, cancellationToken).ConfigureAwait(false) ?? cursor;
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
    private async ValueTask<long?> ReadCursorAsync(
        byte[] key, string name, CancellationToken cancellationToken)
    {
        using StoredValue? value = await _topic.Keyspaces.Cursors.GetAsync(key, cancellationToken)
            .ConfigureAwait(false);
        return value is null ? null
            : value.Memory.Length == sizeof(long) ? TopicKeyspaces.OffsetOf(value.Memory.Span)
            : throw new UndecodableValueException(
                $"The cursor of group '{name}' of topic '{_topic.Name}'",
                new InvalidDataException($"it has {value.Memory.Length} bytes, not 8."));
    }
}
