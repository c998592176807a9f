using System.Text;
using LogEngine.Stores.Shared;
using LogEngine.Telemetry;

namespace LogEngine.Stores.Topics;

/// <summary>The groups of a topic by name.</summary>
/// <remarks>
/// Thread-safe. A group whose cursor is damaged is out of use until it is deleted; the others are not
/// touched by it, but no record is removed while nobody knows what it has read. Where several processes work
/// on the topic, what is known here is read anew before it is used.
/// </remarks>
internal sealed class TopicGroups(SharedTopic topic)
{
    private readonly Dictionary<string, GroupState> _groups = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Exception> _damaged = new(StringComparer.Ordinal);

    /// <summary>Groups come and go, and are read anew, one at a time.</summary>
    private readonly SemaphoreSlim _changing = new(1, 1);

    /// <summary>The farthest cursor that is known; 0 where there is none.</summary>
    internal long Farthest
    {
        get
        {
            lock (_groups)
            {
                return _groups.Values.Select(group => group.Cursor).DefaultIfEmpty().Max();
            }
        }
    }

    private Keyspace Cursors => topic.Keyspaces.Cursors;

    /// <summary>Where each stands in a topic with that end, as far as this process knows.</summary>
    internal IReadOnlyList<GroupStatus> KnownStatuses(long end)
    {
        lock (_groups)
        {
            return
            [
                .. _groups.Values
                    .Select(g => new GroupStatus(g.Name, g.Cursor, Math.Max(0, end - g.Cursor))),
            ];
        }
    }

    /// <summary>Reads the cursors.</summary>
    internal async ValueTask ReadAsync(CancellationToken cancellationToken)
    {
        await _changing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            HashSet<string> found = new(StringComparer.Ordinal);
            KeyScan names = Cursors.Scan(new ScanRange(default, KeysOnly: true));
            await using (names.ConfigureAwait(false))
            {
                while (await names.MoveNextAsync(cancellationToken).ConfigureAwait(false))
                {
                    byte[] key = names.Key.ToArray();
                    string name = Encoding.UTF8.GetString(key);
                    if (await ReadOneAsync(name, key, cancellationToken).ConfigureAwait(false))
                    {
                        found.Add(name);
                    }
                }
            }

            lock (_groups)
            {
                foreach (string gone in _groups.Keys.Except(found).ToList())
                {
                    _groups[gone].MarkDeleted();
                    _groups.Remove(gone);
                }

                _damaged.Keys.Except(found).ToList().ForEach(gone => _damaged.Remove(gone));
            }
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <summary>The farthest cursor that can be read; 0 where there is none.</summary>
    /// <remarks>Waits for nobody: a group that is being made asks for it, to know where it begins.</remarks>
    internal async ValueTask<long> ReadFarthestAsync(CancellationToken cancellationToken)
    {
        long farthest = 0;
        KeyScan names = Cursors.Scan(new ScanRange(default, KeysOnly: true));
        await using (names.ConfigureAwait(false))
        {
            while (await names.MoveNextAsync(cancellationToken).ConfigureAwait(false))
            {
                byte[] key = names.Key.ToArray();
                try
                {
                    farthest = Math.Max(
                        farthest,
                        (await ReadCursorAsync(Encoding.UTF8.GetString(key), key, cancellationToken)
                            .ConfigureAwait(false))?.Cursor ?? 0);
                }
                catch (Exception error) when (Unreadable.IsDamage(error))
                {
                    // Known as damaged by the group's name; where it was nobody can say.
                }
            }
        }

        return farthest;
    }

    /// <summary>Up to where every group has read; 0 where nobody knows, or there is none.</summary>
    internal async ValueTask<long> GetReadByAllAsync(CancellationToken cancellationToken)
    {
        await RefreshAsync(cancellationToken).ConfigureAwait(false);
        lock (_groups)
        {
            return _groups.Count == 0 || _damaged.Count > 0
                ? 0
                : _groups.Values.Min(group => group.Cursor);
        }
    }

    /// <summary>Where each stands, by name, in a topic with that end.</summary>
    internal async ValueTask<IReadOnlyList<GroupStatus>> GetStatusesAsync(
        long end, CancellationToken cancellationToken)
    {
        await RefreshAsync(cancellationToken).ConfigureAwait(false);
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
    internal async ValueTask<GroupState> GetAsync(
        string name, byte[] key, Func<ValueTask<long>> beginAt, CancellationToken cancellationToken)
    {
        if (!topic.IsShared && Known(name) is { } known)
        {
            return known;
        }

        await _changing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            (long Cursor, long Version)? there = await ReadCursorAsync(name, key, cancellationToken)
                .ConfigureAwait(false);
            while (there is null)
            {
                Forget(name);
                long cursor = await beginAt().ConfigureAwait(false);
                ConditionalResult created = await Cursors.PutIfAbsentAsync(
                    key, TopicKeyspaces.OffsetKey(cursor), cancellationToken: cancellationToken)
                    .ConfigureAwait(false);
                there = created.Applied
                    ? (cursor, created.Version)
                    : await ReadCursorAsync(name, key, cancellationToken).ConfigureAwait(false);
            }

            return Note(name, key, there.Value);
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <summary>Removes one with its cursor; false where there was none.</summary>
    /// <remarks>
    /// Whoever still has the group moves its cursor no more, which would bring it back.
    /// </remarks>
    internal async ValueTask<bool> DeleteAsync(
        string name, byte[] key, CancellationToken cancellationToken)
    {
        await _changing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            GroupState? group;
            lock (_groups)
            {
                _groups.TryGetValue(name, out group);
            }

            bool found = group is null || topic.IsShared
                ? (await Cursors.TryDeleteAsync(key, cancellationToken: cancellationToken)
                    .ConfigureAwait(false)).Applied
                : await DeleteAsync(group, cancellationToken).ConfigureAwait(false);

            // Only now: a new one of the name would have found the old cursor.
            Forget(name);
            return found;
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <summary>Reads where a group's cursor is, and by which version.</summary>
    /// <exception cref="InvalidOperationException">The group is deleted.</exception>
    internal async ValueTask<(long Cursor, long Version)> LookAsync(
        GroupState group, CancellationToken cancellationToken)
    {
        (long Cursor, long Version) there =
            await ReadCursorAsync(group.Name, group.Key, cancellationToken).ConfigureAwait(false)
            ?? throw group.Deleted();
        group.Saw(there.Cursor, there.Version);
        return there;
    }

    private ValueTask RefreshAsync(CancellationToken cancellationToken) =>
        topic.IsShared ? ReadAsync(cancellationToken) : ValueTask.CompletedTask;

    /// <exception cref="UndecodableValueException">Its cursor is damaged.</exception>
    private GroupState? Known(string name)
    {
        lock (_groups)
        {
            return _groups.TryGetValue(name, out GroupState? known) ? known
                : !_damaged.TryGetValue(name, out Exception? damage) ? null
                : throw new UndecodableValueException(
                    $"The cursor of group '{name}' of topic '{topic.Name}' (delete the group and "
                    + "make it anew; it)",
                    damage);
        }
    }

    /// <summary>False where it has gone meanwhile.</summary>
    private async ValueTask<bool> ReadOneAsync(
        string name, byte[] key, CancellationToken cancellationToken)
    {
        try
        {
            if (await ReadCursorAsync(name, key, cancellationToken).ConfigureAwait(false)
                is not { } there)
            {
                return false;
            }

            Note(name, key, there);
        }
        catch (Exception error) when (Unreadable.IsDamage(error))
        {
            bool isNew;
            lock (_groups)
            {
                isNew = _damaged.TryAdd(name, error);
            }

            if (isNew)
            {
                LogEvents.CursorUnreadable(topic.Logger, topic.Name, name, error);
            }
        }

        return true;
    }

    private GroupState Note(string name, byte[] key, (long Cursor, long Version) there)
    {
        lock (_groups)
        {
            _damaged.Remove(name);
            if (!_groups.TryGetValue(name, out GroupState? group))
            {
                group = new GroupState(name, key, there.Cursor, there.Version);
                _groups.Add(name, group);
            }

            group.Saw(there.Cursor, there.Version);
            return group;
        }
    }

    private void Forget(string name)
    {
        lock (_groups)
        {
            _damaged.Remove(name);
            if (_groups.Remove(name, out GroupState? group))
            {
                group.MarkDeleted();
            }
        }
    }

    /// <summary>Removes one that this process alone moves: not while it does.</summary>
    private async ValueTask<bool> DeleteAsync(
        GroupState group, CancellationToken cancellationToken)
    {
        await group.Committing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            group.BeginMove();
            bool deleted = false;
            try
            {
                await Cursors.DeleteAsync(group.Key, cancellationToken: cancellationToken)
                    .ConfigureAwait(false);
                deleted = true;
            }
            finally
            {
                group.EndDeletion(deleted);
            }

            return true;
        }
        finally
        {
            group.Committing.Release();
        }
    }

    /// <summary>Null where there is none.</summary>
    private async ValueTask<(long Cursor, long Version)?> ReadCursorAsync(
        string name, byte[] key, CancellationToken cancellationToken)
    {
        using StoredValue? value = await Cursors.GetAsync(key, cancellationToken)
            .ConfigureAwait(false);
        return value is null ? null
            : value.Memory.Length == sizeof(long)
                ? (TopicKeyspaces.OffsetOf(value.Memory.Span), value.Version)
            : throw new UndecodableValueException(
                $"The cursor of group '{name}' of topic '{topic.Name}'",
                new InvalidDataException($"it has {value.Memory.Length} bytes, not 8."));
    }
}
