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
    private TopicState _state = null!; // until it is open
    private readonly TopicGroups _groups;
    private readonly TopicReader _reader;
    private TopicGaps _gaps = null!; // until it is open
    private CancellationTokenRegistration _engineStops;
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
        _groups = new TopicGroups(this);
        _reader = new TopicReader(name, keyspaces.Records);
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>The options that it was opened with.</summary>
    public TopicOptions Options { get; }

    /// <summary>The engine that it is in.</summary>
    public StorageEngine Engine { get; }

    /// <summary>Offset of the oldest record there is; <see cref="NextOffset"/> where there is none.</summary>
    /// <param name="cancellationToken">Cancels the wait.</param>
    public async ValueTask<long> GetFirstOffsetAsync(CancellationToken cancellationToken = default)
    {
        KeyValueEntry? first = await Keyspaces.Records
            .GetFirstAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
        return first is null ? NextOffset : TopicKeyspaces.OffsetOf(first.Key.Span);
    }

    /// <summary>Offset behind the last record that can be read.</summary>
    public long NextOffset => _state.End;

    /// <summary>Where each group stands, by name; a damaged cursor is shown as 0.</summary>
    public IReadOnlyList<GroupStatus> Groups => _groups.Statuses(NextOffset);

    internal TopicKeyspaces Keyspaces { get; }

    internal ILogger Logger { get; }

    /// <summary>Opens it and looks at what is there.</summary>
    internal static async ValueTask<Topic> OpenAsync(
        StorageEngine engine,
        string name,
        TopicOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(engine);
        TopicKeyspaces.CheckName(name, nameof(name));
        options ??= new TopicOptions();
        options.Validate();
        if (engine.Capabilities.IsShared)
        {
            // Offsets that are given, the end that readers go up to, gaps and positions of groups are kept in
            // memory (TopicState, TopicGaps, TopicGroups): right for one object in one process, and no
            // condition of a batch makes them right for more.
            throw new NotSupportedException(
                "Several processes share this engine, and a topic gives its offsets in memory. Open it on an "
                + "engine of one process; to divide work between processes, use a queue.");
        }

        OpenNames.Topics.Enter(engine, name);
        try
        {
            Topic topic = new(engine, name, options, new TopicKeyspaces(engine, name));
            await topic.ReadAsync(cancellationToken).ConfigureAwait(false);
            return topic;
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
    /// <param name="durability">When the call completes; the engine's default where null.</param>
    /// <param name="cancellationToken">Cancels the wait, never what was admitted.</param>
    /// <returns>Its offset.</returns>
    /// <exception cref="RecordTooLargeException">The record exceeds 64 MiB.</exception>
    /// <exception cref="StorageFullException">No space; nothing was written.</exception>
    /// <exception cref="StorageFaultedException">A write or a sync failed, now or before.</exception>
    /// <exception cref="AppendCanceledException">The wait was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The topic or its engine is closed.</exception>
    public ValueTask<long> AppendAsync(
        ReadOnlyMemory<byte> body,
        IReadOnlyDictionary<string, string>? headers = null,
        Durability? durability = null,
        CancellationToken cancellationToken = default) =>
        CommitAsync(Prepare([(body, headers)]), durability, cancellationToken);

    /// <summary>Appends records together, all or none.</summary>
    /// <param name="bodies">The bodies; they are copied before the call returns.</param>
    /// <param name="durability">When the call completes; the engine's default where null.</param>
    /// <param name="cancellationToken">Cancels the wait, never what was admitted.</param>
    /// <returns>The offset of the first; the others follow it.</returns>
    /// <inheritdoc cref="AppendAsync"/>
    public ValueTask<long> AppendManyAsync(
        IReadOnlyList<ReadOnlyMemory<byte>> bodies,
        Durability? durability = null,
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
    /// <exception cref="UndecodableValueException">
    /// Its cursor is damaged: delete the group and make it anew.
    /// </exception>
    /// <inheritdoc cref="AppendAsync"/>
    public async ValueTask<ConsumerGroup> GetGroupAsync(
        string name, bool atEnd = false, CancellationToken cancellationToken = default)
    {
        byte[] key = TopicKeyspaces.CheckName(name, nameof(name));
        return await _groups.GetAsync(
            name, key, async () => atEnd
                ? NextOffset
                : await GetFirstOffsetAsync(cancellationToken).ConfigureAwait(false),
            cancellationToken)
            .ConfigureAwait(false);
    }

    /// <summary>Removes a group with its cursor: the topic waits for it no longer.</summary>
    /// <returns>False where there was none.</returns>
    /// <inheritdoc cref="GetGroupAsync"/>
    public async ValueTask<bool> DeleteGroupAsync(
        string name, CancellationToken cancellationToken = default)
    {
        byte[] key = TopicKeyspaces.CheckName(name, nameof(name));
        return await _groups.DeleteAsync(name, key, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Removes now what retention no longer keeps; commits of groups do it in steps.</summary>
    /// <param name="cancellationToken">Cancels before it is begun.</param>
    /// <inheritdoc cref="AppendAsync"/>
    public ValueTask TrimAsync(CancellationToken cancellationToken = default) =>
        TrimAsync(1, cancellationToken);

    /// <summary>Takes nothing more, ends all waiting. Idempotent. The engine stays open.</summary>
    public async ValueTask DisposeAsync()
    {
        _engineStops.Unregister();
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
    /// <exception cref="UnreadableRecordException">
    /// The first record from there on is damaged; its offset is named.
    /// </exception>
    /// <exception cref="StorageFaultedException">The engine faulted while it waited.</exception>
    /// <exception cref="ObjectDisposedException">The topic or its engine is closed.</exception>
    public async ValueTask<TopicRead> ReadAsync(
        long from, int most, TimeSpan wait = default, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(from, 1);
        return await WaitForRecordsAsync(
            () => from,
            end => ReadNowAsync(from, end, most, cancellationToken),
            most,
            wait,
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Reads again and again until there are records, or the time has passed.</summary>
    /// <param name="position">Offset of the next record, as it is then.</param>
    /// <param name="read">Reads from there to before an offset.</param>
    /// <param name="most">Most records, from 1.</param>
    /// <param name="wait">How long; <see cref="Timeout.InfiniteTimeSpan"/> for ever.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    internal async ValueTask<TopicRead> WaitForRecordsAsync(
        Func<long> position,
        Func<long, ValueTask<TopicRead>> read,
        int most,
        TimeSpan wait,
        CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(most, 1);
        WaitTime.Check(wait);
        cancellationToken.ThrowIfCancellationRequested();
        WaitTime left = new(wait, Engine.TimeProvider);
        while (true)
        {
            // Taken before reading: what comes later ends the wait.
            long end = NextOffset;
            TopicRead found = await read(end).ConfigureAwait(false);
            if (found.Records.Count > 0 || !left.IsLeft)
            {
                return found;
            }

            // Offsets that stayed empty, or whose records are gone, are waited behind.
            await WaitBehindAsync(Math.Max(position(), end), left, cancellationToken)
                .ConfigureAwait(false);
        }
    }

    /// <summary>Looks at what is there, before anybody has it.</summary>
    private async ValueTask ReadAsync(CancellationToken cancellationToken)
    {
        long next = 1;
        foreach (Keyspace ends in (Keyspace[])[Keyspaces.Records, Keyspaces.Ends])
        {
            KeyValueEntry? last = await ends
                .GetFirstAsync(new ScanRange(default, Reverse: true), cancellationToken)
                .ConfigureAwait(false);
            next = last is null
                ? next
                : Math.Max(next, TopicKeyspaces.OffsetOf(last.Key.Span) + 1);
        }

        await _groups.ReadAsync(cancellationToken).ConfigureAwait(false);
        _state = new TopicState(Math.Max(next, _groups.Farthest));
        _trimmedTo = await GetFirstOffsetAsync(cancellationToken).ConfigureAwait(false);
        _gaps = await TopicGaps.ReadAsync(Keyspaces, _trimmedTo, NextOffset, cancellationToken)
            .ConfigureAwait(false);
        _engineStops = Engine.Stopping.UnsafeRegister(
            static topic => ((Topic)topic!).EndWithEngine(), this);
    }

    /// <summary>What there is from an offset on, without waiting.</summary>
    /// <param name="from">The offset.</param>
    /// <param name="end">Offset to stop before.</param>
    /// <param name="most">Most records.</param>
    /// <param name="cancellationToken">Ends it.</param>
    internal async ValueTask<TopicRead> ReadNowAsync(
        long from, long end, int most, CancellationToken cancellationToken)
    {
        IReadOnlyList<TopicRecord> records = await _reader
            .ReadAsync(from, end, most, cancellationToken).ConfigureAwait(false);
        long first = await GetFirstOffsetAsync(cancellationToken).ConfigureAwait(false);
        return new TopicRead(records, records.Count > 0 ? Missed(from, records[0].Offset, first) : 0);
    }

    /// <summary>Waits until there may be something behind an offset, or the time has passed.</summary>
    private async ValueTask WaitBehindAsync(
        long position, WaitTime left, CancellationToken cancellationToken)
    {
        if (_state.WaitBehind(position) is not { } waiter)
        {
            return;
        }

        try
        {
            await left.WaitAsync(waiter.Value.Task, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // It looks once more.
        }
        finally
        {
            _state.Leave(waiter);
        }
    }

    /// <summary>
    /// Retention behind what is done already: its failure is not the caller's, and the next one tries
    /// again.
    /// </summary>
    internal async ValueTask TrimBehindAsync()
    {
        try
        {
            await TrimAsync(Options.TrimStep, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception error) when (error is LogEngineException
            or ObjectDisposedException)
        {
            LogEvents.TrimFailed(Logger, Name, error);
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
                await DeleteBelowAsync(below, cancellationToken).ConfigureAwait(false);
                _trimmedTo = below;
            }
        }
        finally
        {
            Volatile.Write(ref _trimming, 0);
        }
    }

    private async ValueTask DeleteBelowAsync(long below, CancellationToken cancellationToken)
    {
        WriteBatch batch = Engine.CreateBatch();
        batch.DeleteRange(Keyspaces.Records, default, TopicKeyspaces.OffsetKey(below));

        // What is below what every group has read is in nobody's way any more.
        long passed = _groups.ReadByAll;
        if (passed > 0
            && await Keyspaces.Gaps.CountAsync(cancellationToken).ConfigureAwait(false) > 0)
        {
            batch.DeleteRange(Keyspaces.Gaps, default, TopicKeyspaces.OffsetKey(passed));
        }

        await Engine.CommitAsync(batch, Durability.ProcessCrash, cancellationToken)
            .ConfigureAwait(false);
    }

    /// <summary>The first offset that retention keeps; expiry does what age demands.</summary>
    private long KeptFrom()
    {
        if (!Options.WaitsForGroups)
        {
            return Options.MaxRecords is { } most ? NextOffset - most : 0;
        }

        return _groups.ReadByAll;
    }

    private AppendInBatch Prepare(
        IReadOnlyList<(ReadOnlyMemory<byte> Body, IReadOnlyDictionary<string, string>? Headers)>
            records)
    {
        DateTimeOffset now = Engine.TimeProvider.GetUtcNow();
        return new AppendInBatch(
            _state,
            _gaps,
            Keyspaces,
            [.. records.Select(r => AppendInBatch.Encode(r.Body, r.Headers, now.UtcTicks))],
            Options.MaxAge is { } age ? QueueClock.Expiry(now, age) : null);
    }

    private async ValueTask<long> CommitAsync(
        AppendInBatch append, Durability? durability, CancellationToken cancellationToken)
    {
        WriteBatch batch = Engine.CreateBatch();
        batch.Observe(append);
        await Engine.CommitAsync(batch, durability, cancellationToken).ConfigureAwait(false);
        if (Options.MaxRecords is not null)
        {
            await TrimBehindAsync().ConfigureAwait(false);
        }

        return append.First;
    }

    /// <summary>
    /// What lies between is missed only if it lies before the oldest record, and had one: offsets whose
    /// commit failed never did.
    /// </summary>
    private long Missed(long from, long found, long first)
    {
        long to = Math.Min(found, first);
        return from < to ? to - from - _gaps.CountIn(from, to) : 0;
    }

    private void EndWithEngine() => _state.EndWithEngine(
        Engine.Faulted is { IsCompletedSuccessfully: true } faulted
            ? faulted.Result
            : new ObjectDisposedException(nameof(StorageEngine)));
}
