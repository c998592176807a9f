using LogEngine.PostgreSql.Connections;
using Npgsql;

namespace LogEngine.PostgreSql.Watching;

/// <summary>The changes of a keyspace, in the order of commits, read page by page behind a place.</summary>
/// <remarks>
/// Not thread-safe. It misses none: commits are numbered while the row of the keyspace is locked, up to the end of each, so
/// whatever has a number that can be seen, those below it can be seen too; and what a page says of the keyspace is of
/// the same moment as its changes.
/// </remarks>
internal sealed class KeyspaceWatch : IDisposable
{
    private const int PageRows = 256;

    private readonly Watches _all;
    private readonly string _name;
    private readonly int _keyspace;
    private readonly ScanRange _range;
    private readonly bool _beforeDurable;
    private Place _place;

    /// <summary>Everything up to it was told.</summary>
    private WatchPosition _told;

    /// <summary>The commit with which it was last told that all is told; -1 for none.</summary>
    private long _progress = -1;

    private KeyspaceWatch(Watches all, string name, int keyspace, WatchOptions options, WatchPosition from)
    {
        _all = all;
        _name = name;
        _keyspace = keyspace;
        _range = ScanRange.Prefix(options.Prefix);
        _beforeDurable = options.BeforeDurable;
        all.Hold(keyspace);
        StartAt(from);
    }

    /// <summary>Begins one; the keyspace records from then on, if it has not before.</summary>
    /// <exception cref="ChangesLostException">It cannot go on from the place that was asked for.</exception>
    internal static async ValueTask<KeyspaceWatch> BeginAsync(
        Watches all, string name, WatchOptions options, CancellationToken cancellationToken)
    {
        (int keyspace, WatchPosition now) = await all.RecordAsync(name, cancellationToken)
            .ConfigureAwait(false);
        if (options.From is { } from && from.Incarnation == now.Incarnation && from.Commit > now.Commit)
        {
            throw new ChangesLostException(name, from, $"it lies ahead of commit {now.Commit}, the last one");
        }

        return new KeyspaceWatch(all, name, keyspace, options, options.From ?? now);
    }

    internal void StartAt(WatchPosition from)
    {
        _told = from;
        _place = Place.Behind(from.Commit);
    }

    /// <summary>The next changes, waited for; never none.</summary>
    /// <param name="tellsProgress">Whether a change of nothing is told at the end.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    internal async ValueTask<IReadOnlyList<KeyChange>> NextAsync(
        bool tellsProgress, CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();

            // Taken before the look, so that no change between the two is missed.
            Task signal = _all.Signals.Next(_keyspace);
            Page page = await _all.Now.ReadAsync(
                connection => ReadAsync(connection, tellsProgress), cancellationToken).ConfigureAwait(false);
            RequireKept(page);
            _place = page.Next;
            if (page.Changes.Count > 0)
            {
                _told = page.Changes[^1].Position;
                return page.Changes;
            }

            _told = _told with { Commit = page.Next.Number };
            if (tellsProgress && _progress != _told.Commit)
            {
                _progress = _told.Commit;
                return [new KeyChange { Kind = KeyChangeKind.Progress, Position = _told }];
            }

            await WaitAsync(signal, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// The change with its value: a large one is not kept with the changes, but read from where it is, if it still is.
    /// </summary>
    internal async ValueTask<KeyChange> WithValueAsync(KeyChange change, CancellationToken cancellationToken)
    {
        if (change.Kind != KeyChangeKind.Put || change.Value is not null)
        {
            return change;
        }

        byte[]? value = await _all.Now.ReadAsync(
            connection => ValueAsync(connection, change), cancellationToken).ConfigureAwait(false);
        return value is null ? change : change with { Value = value };
    }

    public void Dispose() => _all.LetGo(_keyspace);

    /// <exception cref="ChangesLostException">Something behind the place was not recorded, or is gone.</exception>
    private void RequireKept(Page page)
    {
        string? why = !page.IsRecorded || page.Epoch != _told.Incarnation
            ? "nothing was recorded for a time, since nobody watched"
            : page.Swept > _told.Commit || page.Swept >= _place.Number && !_place.IsEnd
            ? $"they were removed up to commit {page.Swept}"
            : null;
        if (why is not null)
        {
            throw new ChangesLostException(
                _name, _place.IsEnd ? _told : _told with { Commit = _told.Commit - 1 }, why);
        }
    }

    private async Task WaitAsync(Task signal, CancellationToken cancellationToken)
    {
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(
            cancellationToken, _all.Stopping);
        Task waited = Task.Delay(_all.PollInterval, _all.Time, end.Token);
        await Task.WhenAny(signal, waited).ConfigureAwait(false);
        await end.CancelAsync().ConfigureAwait(false);
    }

    private async Task<Page> ReadAsync(NpgsqlConnection connection, bool tellsProgress)
    {
        Page page;
        NpgsqlCommand command = new(_all.Server.Sql["watch-page"], connection);
        await using (command.ConfigureAwait(false))
        {
            NpgsqlParameterCollection to = command.Parameters;
            to.Put(_keyspace);
            to.Put(_place.Number);
            to.Put(_place.Part);
            to.Put(_place.Id);
            to.Put(_range.From);
            to.Put(_range.To);
            to.Put((long)PageRows);
            NpgsqlDataReader row = await command.ExecuteReaderAsync(CancellationToken.None)
                .ConfigureAwait(false);
            await using (row.ConfigureAwait(false))
            {
                page = await ReadAsync(row).ConfigureAwait(false);
            }
        }

        // A commit that is not waited for can be seen before it is on disk. One behind it is flushed with it, and is on
        // the standby with it where there is one.
        if (!_beforeDurable
            && (page.Changes.Count > 0 || (tellsProgress && page.Next.Number != _progress)))
        {
            await _all.Server.BarrierAsync(connection).ConfigureAwait(false);
        }

        return page;
    }

    private async Task<Page> ReadAsync(NpgsqlDataReader row)
    {
        List<KeyChange> changes = [];
        Page page = new(changes, 0, 0, false, _place);
        while (await row.ReadAsync(CancellationToken.None).ConfigureAwait(false))
        {
            page = page with
            {
                Epoch = row.GetInt64(0),
                Swept = row.GetInt64(2),
                IsRecorded = row.GetBoolean(3),
                Next = Place.Behind(row.GetInt64(1)),
            };
            if (!row.IsDBNull(4))
            {
                changes.Add(ChangeAt(row));
                page = page with { Next = new Place(row.GetInt64(4), row.GetInt32(5), row.GetInt64(6)) };
            }
        }

        return changes.Count is > 0 and < PageRows
            ? page with { Next = Place.Behind(page.Next.Number) }
            : page;
    }

    private KeyChange ChangeAt(NpgsqlDataReader row)
    {
        KeyChangeKind kind = (KeyChangeKind)row.GetInt16(7);
        byte[] key = row.GetFieldValue<byte[]>(8);
        long version = row.GetInt64(10);
        long expires = row.GetInt64(11);
        byte[]? value = row.IsDBNull(13) ? null : row.GetFieldValue<byte[]>(13);
        if (value is not null)
        {
            Checksum.Require(_name, key, version, value, row.GetInt64(12));
        }

        return new KeyChange
        {
            Kind = kind,
            Position = new WatchPosition(row.GetInt64(4), _told.Incarnation),
            Key = key,
            To = row.GetFieldValue<byte[]>(9),
            Value = value is null ? default(ReadOnlyMemory<byte>?) : value,
            Version = version,
            ExpiresAt = expires == 0 ? null : new DateTimeOffset(expires, TimeSpan.Zero),
        };
    }

    private async Task<byte[]?> ValueAsync(NpgsqlConnection connection, KeyChange change)
    {
        NpgsqlCommand command = new(_all.Server.Sql["watch-value"], connection);
        await using (command.ConfigureAwait(false))
        {
            command.Parameters.Put(_keyspace);
            command.Parameters.Put(change.Key);
            command.Parameters.Put(change.Version);
            NpgsqlDataReader row = await command.ExecuteReaderAsync(CancellationToken.None)
                .ConfigureAwait(false);
            await using (row.ConfigureAwait(false))
            {
                if (!await row.ReadAsync(CancellationToken.None).ConfigureAwait(false))
                {
                    return null;
                }

                byte[] value = row.GetFieldValue<byte[]>(0);
                Checksum.Require(_name, change.Key.Span, change.Version, value, row.GetInt64(1));
                return value;
            }
        }
    }

    /// <summary>A place between two changes.</summary>
    private readonly record struct Place(long Number, int Part, long Id)
    {
        /// <summary>All of the commit lies before it.</summary>
        internal bool IsEnd => Part == int.MaxValue;

        internal static Place Behind(long commit) => new(commit, int.MaxValue, long.MaxValue);
    }

    /// <summary>Changes, and what the keyspace said of itself at that moment.</summary>
    private sealed record Page(
        List<KeyChange> Changes, long Epoch, long Swept, bool IsRecorded, Place Next);
}
