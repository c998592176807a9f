using System.Text;
using LogEngine.Stores.Queues;
using LogEngine.Telemetry;
using Microsoft.Extensions.Logging;

namespace LogEngine.Stores.Topics;

/// <summary>
/// A log of records in a <see cref="StorageEngine"/>, appended to once and read by any number of groups,
/// each with a durable cursor.
/// </summary>
/// <remarks>
/// Thread-safe. One instance of a name at a time is open on an engine; close it before the engine.
/// Readers see records in the order of their offsets, without gaps that could fill later.
/// </remarks>
public sealed class Topic : IAsyncDisposable, IDisposable
{
    private readonly TopicState _state;
    private readonly Dictionary<string, ConsumerGroup> _groups = new(StringComparer.Ordinal);
    private int _trimming;
    private long _trimmedTo;
    private int _closing;

    private Topic(
        StorageEngine engine, string name, TopicOptions options, TopicKeyspaces keyspaces)
    {
        Engine = engine;
        Name = name;
        Options = options;
        Keyspaces = keyspaces;
        Logger = LogCategories.Create(engine.LoggerFactory, LogCategories.Topic);
        long next = 1;
        using (KeyScan last = keyspaces.Records.Scan(
            new ScanRange(default, Reverse: true, KeysOnly: true)))
        {
            next = last.MoveNext() ? TopicKeyspaces.OffsetOf(last.Key) + 1 : next;
        }

        using (KeyScan ends = keyspaces.Ends.Scan(
            new ScanRange(default, Reverse: true, KeysOnly: true)))
        {
            next = ends.MoveNext() ? Math.Max(next, TopicKeyspaces.OffsetOf(ends.Key) + 1) : next;
        }

        using KeyScan cursors = keyspaces.Cursors.Scan();
        while (cursors.MoveNext())
        {
            string group = Encoding.UTF8.GetString(cursors.Key);
            long cursor = TopicKeyspaces.OffsetOf(cursors.Value);
            next = Math.Max(next, cursor);
            _groups.Add(group, new ConsumerGroup(this, group, cursors.Key.ToArray(), cursor));
        }

        _state = new TopicState(next);
        _trimmedTo = FirstOffset;
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>The options that it was opened with.</summary>
    public TopicOptions Options { get; }

    /// <summary>The engine that it is in.</summary>
    public StorageEngine Engine { get; }

    /// <summary>Offset of the oldest record there is; <see cref="NextOffset"/> where there is none.</summary>
    public long FirstOffset
    {
        get
        {
            using KeyScan scan = Keyspaces.Records.Scan(new ScanRange(default, KeysOnly: true));
            return scan.MoveNext() ? TopicKeyspaces.OffsetOf(scan.Key) : NextOffset;
        }
    }

    /// <summary>Offset behind the last record that can be read.</summary>
    public long NextOffset => _state.End;

    /// <summary>Where each group stands, by name.</summary>
    public IReadOnlyList<GroupStatus> Groups
    {
        get
        {
            long end = NextOffset;
            lock (_groups)
            {
                return
                [
                    .. _groups.Values.OrderBy(g => g.Name, StringComparer.Ordinal).Select(g =>
                        new GroupStatus(g.Name, g.Cursor, Math.Max(0, end - g.Cursor))),
                ];
            }
        }
    }

    internal TopicKeyspaces Keyspaces { get; }

    internal ILogger Logger { get; }

    /// <summary>Opens a topic; one that does not exist begins empty.</summary>
    /// <param name="engine">The engine that it is in.</param>
    /// <param name="name">1 to 512 bytes of UTF-8.</param>
    /// <param name="options">Options; all defaults where null.</param>
    /// <exception cref="ArgumentException">The name or an option is out of its range.</exception>
    /// <exception cref="InvalidOperationException">It is open on this engine already.</exception>
    /// <exception cref="ObjectDisposedException">The engine is closed.</exception>
    public static Topic Open(StorageEngine engine, string name, TopicOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(engine);
        TopicKeyspaces.CheckName(name, nameof(name));
        options ??= new TopicOptions();
        options.Validate();
        OpenNames.Topics.Enter(engine, name);
        try
        {
            return new Topic(engine, name, options, new TopicKeyspaces(engine, name));
        }
        catch
        {
            OpenNames.Topics.Leave(engine, name);
            throw;
        }
    }

    /// <summary>Appends a record.</summary>
    /// <param name="body">The body; it is copied before the call returns.</param>
    /// <param name="headers">Names and values that travel with it; null for none.</param>
    /// <param name="durability">When the call completes.</param>
    /// <param name="cancellationToken">Cancels the wait, never what was admitted.</param>
    /// <returns>Its offset.</returns>
    /// <exception cref="RecordTooLargeException">The record exceeds 64 MiB.</exception>
    /// <exception cref="StorageFullException">No space; nothing was written.</exception>
    /// <exception cref="EngineFaultedException">A write or a sync failed, now or before.</exception>
    /// <exception cref="AppendCanceledException">The wait was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The topic or its engine is closed.</exception>
    public ValueTask<long> AppendAsync(
        ReadOnlyMemory<byte> body,
        IReadOnlyDictionary<string, string>? headers = null,
        Durability durability = Durability.PowerLoss,
        CancellationToken cancellationToken = default) =>
        CommitAsync(Prepare([(body, headers)]), durability, cancellationToken);

    /// <summary>Appends records together, all or none.</summary>
    /// <param name="bodies">The bodies; they are copied before the call returns.</param>
    /// <param name="durability">When the call completes.</param>
    /// <param name="cancellationToken">Cancels the wait, never what was admitted.</param>
    /// <returns>The offset of the first; the others follow it.</returns>
    /// <inheritdoc cref="AppendAsync"/>
    public ValueTask<long> AppendManyAsync(
        IReadOnlyList<ReadOnlyMemory<byte>> bodies,
        Durability durability = Durability.PowerLoss,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(bodies);
        ArgumentOutOfRangeException.ThrowIfZero(bodies.Count, nameof(bodies));
        return CommitAsync(
            Prepare([.. bodies.Select(body => (body, (IReadOnlyDictionary<string, string>?)null))]),
            durability,
            cancellationToken);
    }

    /// <summary>Lets a batch append a record; it gets its offset when the batch commits.</summary>
    /// <param name="batch">A batch of the same engine.</param>
    /// <param name="body">The body; it is copied.</param>
    /// <param name="headers">Names and values that travel with it; null for none.</param>
    /// <exception cref="InvalidOperationException">The batch has been committed.</exception>
    public void Append(
        WriteBatch batch,
        ReadOnlyMemory<byte> body,
        IReadOnlyDictionary<string, string>? headers = null)
    {
        ArgumentNullException.ThrowIfNull(batch);
        batch.Observe(Prepare([(body, headers)]));
    }

    /// <summary>A group by its name; one that does not exist is created where it is told.</summary>
    /// <param name="name">1 to 512 bytes of UTF-8.</param>
    /// <param name="atEnd">Whether a new one begins at the end; at the oldest record otherwise.</param>
    /// <param name="cancellationToken">Cancels before it is begun.</param>
    /// <inheritdoc cref="AppendAsync"/>
    public async ValueTask<ConsumerGroup> GetGroupAsync(
        string name, bool atEnd = false, CancellationToken cancellationToken = default)
    {
        byte[] key = TopicKeyspaces.CheckName(name, nameof(name));
        lock (_groups)
        {
            if (_groups.TryGetValue(name, out ConsumerGroup? known))
            {
                return known;
            }
        }

        long cursor = atEnd ? NextOffset : FirstOffset;
        ConditionalResult created = await Keyspaces.Cursors.PutIfAbsentAsync(
            key, TopicKeyspaces.OffsetKey(cursor), cancellationToken: cancellationToken)
            .ConfigureAwait(false);
        using StoredValue? value = await Keyspaces.Cursors.GetAsync(key, cancellationToken)
            .ConfigureAwait(false);
        cursor = created.Applied || value is null
            ? cursor
            : TopicKeyspaces.OffsetOf(value.Memory.Span);
        lock (_groups)
        {
            if (!_groups.TryGetValue(name, out ConsumerGroup? group))
            {
                group = new ConsumerGroup(this, name, key, cursor);
                _groups.Add(name, group);
            }

            return group;
        }
    }

    /// <summary>Removes a group with its cursor: the topic waits for it no longer.</summary>
    /// <returns>False where there was none.</returns>
    /// <inheritdoc cref="GetGroupAsync"/>
    public async ValueTask<bool> DeleteGroupAsync(
        string name, CancellationToken cancellationToken = default)
    {
        TopicKeyspaces.CheckName(name, nameof(name));
        ConsumerGroup? group;
        lock (_groups)
        {
            if (!_groups.TryGetValue(name, out group))
            {
                return false;
            }
        }

        if (!await group.DeleteAsync(cancellationToken).ConfigureAwait(false))
        {
            return false;
        }

        // Only now: a new one of the name would have found the old cursor.
        lock (_groups)
        {
            _groups.Remove(name);
        }

        return true;
    }

    /// <summary>Removes now what retention no longer keeps; commits of groups do it in steps.</summary>
    /// <param name="cancellationToken">Cancels before it is begun.</param>
    /// <inheritdoc cref="AppendAsync"/>
    public ValueTask TrimAsync(CancellationToken cancellationToken = default) =>
        TrimAsync(1, cancellationToken);

    /// <summary>Takes nothing more, ends all waiting. Idempotent. The engine stays open.</summary>
    public async ValueTask DisposeAsync()
    {
        await _state.CloseAsync().ConfigureAwait(false);
        if (Interlocked.Exchange(ref _closing, 1) == 0)
        {
            OpenNames.Topics.Leave(Engine, Name);
        }
    }

    /// <summary>As <see cref="DisposeAsync"/>, while the calling thread waits.</summary>
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    /// <summary>
    /// Reads from an offset on, waiting for the first record; for no group, so nothing is moved.
    /// </summary>
    /// <param name="from">Offset of the first record, from 1.</param>
    /// <param name="most">Most records, from 1.</param>
    /// <param name="wait">How long; <see cref="Timeout.InfiniteTimeSpan"/> for ever.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="CorruptionException">A record is damaged.</exception>
    /// <exception cref="ObjectDisposedException">The topic or its engine is closed.</exception>
    public async ValueTask<TopicRead> ReadAsync(
        long from, int most, TimeSpan wait = default, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(from, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(most, 1);
        long started = Engine.TimeProvider.GetTimestamp();
        TimeSpan left = wait;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            long end = NextOffset;
            TopicRead read = await ReadNowAsync(from, end, most, cancellationToken)
                .ConfigureAwait(false);
            if (read.Records.Count > 0
                || (wait != Timeout.InfiniteTimeSpan && left <= TimeSpan.Zero))
            {
                return read;
            }

            // Offsets that stayed empty, or whose records are gone, are waited behind.
            if (_state.WaitBehind(Math.Max(from, end)) is { } waiter)
            {
                await WaitAsync(waiter, left, cancellationToken).ConfigureAwait(false);
            }

            left = wait == Timeout.InfiniteTimeSpan
                ? wait
                : wait - Engine.TimeProvider.GetElapsedTime(started);
        }
    }

    internal async ValueTask TrimAsync(int step, CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _trimming, 1) != 0)
        {
            return;
        }

        try
        {
            // The newest record stays: it tells the next open where the topic ends.
            long below = Math.Min(KeptFrom(), NextOffset - 1);
            if (below - _trimmedTo >= step)
            {
                await Keyspaces.Records.DeleteRangeAsync(
                    default,
                    TopicKeyspaces.OffsetKey(below),
                    Durability.ProcessCrash,
                    cancellationToken).ConfigureAwait(false);
                _trimmedTo = below;
            }
        }
        finally
        {
            Volatile.Write(ref _trimming, 0);
        }
    }

    /// <summary>The first offset that retention keeps; expiry does what age demands.</summary>
    private long KeptFrom()
    {
        if (!Options.WaitsForGroups)
        {
            return Options.MaxRecords is { } most ? NextOffset - most : 0;
        }

        lock (_groups)
        {
            return _groups.Count == 0 ? 0 : _groups.Values.Min(group => group.Cursor);
        }
    }

    private AppendInBatch Prepare(
        IReadOnlyList<(ReadOnlyMemory<byte> Body, IReadOnlyDictionary<string, string>? Headers)>
            records)
    {
        DateTimeOffset now = Engine.TimeProvider.GetUtcNow();
        return new AppendInBatch(
            _state,
            Keyspaces,
            [.. records.Select(r => AppendInBatch.Encode(r.Body, r.Headers, now.UtcTicks))],
            Options.MaxAge is { } age ? now + age : null);
    }

    private async ValueTask<long> CommitAsync(
        AppendInBatch append, Durability durability, CancellationToken cancellationToken)
    {
        WriteBatch batch = Engine.CreateBatch();
        batch.Observe(append);
        await Engine.CommitAsync(batch, durability, cancellationToken).ConfigureAwait(false);
        if (Options.MaxRecords is not null)
        {
            await TrimAsync(Options.TrimStep, CancellationToken.None).ConfigureAwait(false);
        }

        return append.First;
    }

    private async ValueTask<TopicRead> ReadNowAsync(
        long from, long end, int most, CancellationToken cancellationToken)
    {
        List<TopicRecord> records = [];
        if (from >= end)
        {
            return new TopicRead(records, 0);
        }

        using KeyScan scan = Keyspaces.Records.Scan(
            new ScanRange(TopicKeyspaces.OffsetKey(from), TopicKeyspaces.OffsetKey(end)));
        await foreach (KeyValueEntry entry in scan.ReadAllAsync(cancellationToken)
            .ConfigureAwait(false))
        {
            long offset = TopicKeyspaces.OffsetOf(entry.Key.Span);
            StoredMessage message = MessageCodec.Read(entry.Value, Name, offset);
            records.Add(new TopicRecord(
                offset, message.Body, message.Headers, message.EnqueuedAt));
            if (records.Count == most)
            {
                break;
            }
        }

        long first = FirstOffset;
        return new TopicRead(records, records.Count > 0 ? Missed(from, records[0].Offset, first) : 0);
    }

    /// <summary>
    /// What lies between is missed only if it lies before the oldest record: offsets whose commit
    /// failed were never records.
    /// </summary>
    private static long Missed(long from, long found, long first) =>
        from < first ? Math.Min(found, first) - from : 0;

    private async ValueTask WaitAsync(
        LinkedListNode<TaskCompletionSource> waiter,
        TimeSpan left,
        CancellationToken cancellationToken)
    {
        try
        {
            await waiter.Value.Task.WaitAsync(left, Engine.TimeProvider, cancellationToken)
                .ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // It looks once more.
            _state.Leave(waiter);
        }
        catch (OperationCanceledException)
        {
            _state.Leave(waiter);
            throw;
        }
    }
}
