using System.Diagnostics;
using System.Runtime.CompilerServices;
using LogEngine.Stores.Shared;
using LogEngine.Telemetry;

namespace LogEngine.Stores.Topics;

/// <summary>
/// A log of records in a <see cref="StorageEngine"/>, appended to once and read by any number of groups,
/// each with a durable cursor.
/// </summary>
/// <remarks>
/// Thread-safe. Any number of objects of a name may be open on an engine, and on an engine that several
/// processes share, in any number of processes; close each before the engine. Readers see records in the order
/// of their offsets, without gaps that could fill later.
/// </remarks>
public sealed class Topic : IAsyncDisposable, IDisposable
{
    private readonly SharedTopic _shared;

    /// <summary>One object of each group.</summary>
    private readonly ConditionalWeakTable<GroupState, ConsumerGroup> _groups = [];

    private int _closing;

    private Topic(SharedTopic shared, TopicOptions options)
    {
        _shared = shared;
        Options = options;
    }

    /// <summary>Its name.</summary>
    public string Name => _shared.Name;

    /// <summary>The options that it was opened with.</summary>
    public TopicOptions Options { get; }

    /// <summary>The engine that it is in.</summary>
    public StorageEngine Engine => _shared.Engine;

    internal TopicUser User { get; } = new();

    /// <summary>Offset of the oldest record there is; that of the next where there is none.</summary>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="ObjectDisposedException">The engine is closed.</exception>
    public ValueTask<long> GetFirstOffsetAsync(CancellationToken cancellationToken = default) =>
        _shared.GetFirstOffsetAsync(cancellationToken);

    /// <summary>Offset behind the last record that can be read.</summary>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="ObjectDisposedException">The engine is closed.</exception>
    public ValueTask<long> GetNextOffsetAsync(CancellationToken cancellationToken = default) =>
        _shared.Offsets.GetEndAsync(cancellationToken);

    /// <summary>Where each group stands, by name; a damaged cursor is shown as 0.</summary>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="ObjectDisposedException">The engine is closed.</exception>
    public async ValueTask<IReadOnlyList<GroupStatus>> ListGroupsAsync(
        CancellationToken cancellationToken = default) => await _shared.Groups.GetStatusesAsync(
            await GetNextOffsetAsync(cancellationToken).ConfigureAwait(false), cancellationToken)
            .ConfigureAwait(false);

    /// <summary>The topics that are open on an engine.</summary>
    internal static OpenByName<SharedTopic> OpenOn(StorageEngine engine) =>
        OpenByName<SharedTopic>.Of(engine, "Topic");

    /// <summary>Opens it, or another object of one that is open.</summary>
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
        SharedTopic shared = await OpenOn(engine).OpenAsync(
            name, () => SharedTopic.OpenAsync(engine, name), null, cancellationToken)
            .ConfigureAwait(false);
        return new Topic(shared, options);
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
        CancellationToken cancellationToken = default) => MessagingActivities.IsTraced
            ? TracedAsync([body], headers, durability, cancellationToken)
            : CommitAsync(Prepare(body, headers), durability, cancellationToken);

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
        return MessagingActivities.IsTraced
            ? TracedAsync(bodies, null, durability, cancellationToken)
            : CommitAsync(Prepare(bodies, null), durability, cancellationToken);
    }

    /// <summary>
    /// Lets a batch append a record; it gets its offset when the batch commits. On an engine that several
    /// processes share, another append at the same time refuses the batch: make it anew.
    /// </summary>
    /// <param name="batch">A batch of the same engine.</param>
    /// <param name="body">The body; it is copied.</param>
    /// <param name="headers">Names and values that travel with it; null for none.</param>
    /// <returns>Its offset, known once the batch has been committed.</returns>
    /// <exception cref="InvalidOperationException">The batch has been committed.</exception>
    public PendingValue<long> Append(
        WriteBatch batch,
        ReadOnlyMemory<byte> body,
        IReadOnlyDictionary<string, string>? headers = null)
    {
        ArgumentNullException.ThrowIfNull(batch);
        PendingValue<long> offset = new();
        IReadOnlyDictionary<string, string>? marked = MessagingActivities.IsTraced
            ? TraceHeaders.With(headers, Activity.Current)
            : headers;
        NewRecords records = Prepare(body, marked) with { Offset = offset };
        batch.Observe(_shared.Offsets.Prepare(User, records));
        return offset;
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
        GroupState state = await _shared.Groups.GetAsync(
            name,
            key,
            () => atEnd
                ? GetNextOffsetAsync(cancellationToken)
                : GetFirstOffsetAsync(cancellationToken),
            cancellationToken).ConfigureAwait(false);
        return _groups.GetValue(state, known => new ConsumerGroup(this, _shared, known));
    }

    /// <summary>Removes a group with its cursor: the topic waits for it no longer.</summary>
    /// <returns>False where there was none.</returns>
    /// <inheritdoc cref="GetGroupAsync"/>
    public async ValueTask<bool> DeleteGroupAsync(
        string name, CancellationToken cancellationToken = default)
    {
        byte[] key = TopicKeyspaces.CheckName(name, nameof(name));
        return await _shared.Groups.DeleteAsync(name, key, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Removes now what retention no longer keeps; commits of groups do it in steps.</summary>
    /// <param name="cancellationToken">Cancels before it is begun.</param>
    /// <inheritdoc cref="AppendAsync"/>
    public ValueTask TrimAsync(CancellationToken cancellationToken = default) =>
        _shared.Trim.TrimAsync(Options, 1, cancellationToken);

    /// <summary>Takes nothing more, ends all waiting. Idempotent. The engine stays open.</summary>
    public async ValueTask DisposeAsync()
    {
        Task drained = User.CloseAsync();
        _shared.Wake(User);
        await drained.ConfigureAwait(false);
        if (Interlocked.Exchange(ref _closing, 1) == 0)
        {
            await OpenOn(Engine).CloseAsync(Name, static topic => topic.CloseAsync())
                .ConfigureAwait(false);
        }
    }

    /// <summary>As <see cref="DisposeAsync"/>, while the calling thread waits.</summary>
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    /// <summary>
    /// Reads from an offset on, waiting for the first record; for no group, so nothing is moved.
    /// </summary>
    /// <param name="from">Offset of the first record, from 1.</param>
    /// <param name="maxRecords">Most records, from 1.</param>
    /// <param name="wait">How long; <see cref="Timeout.InfiniteTimeSpan"/> for ever.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="UnreadableRecordException">
    /// The first record from there on is damaged; its offset is named.
    /// </exception>
    /// <exception cref="StorageFaultedException">The engine faulted while it waited.</exception>
    /// <exception cref="ObjectDisposedException">The topic or its engine is closed.</exception>
    public async ValueTask<TopicRead> ReadAsync(
        long from,
        int maxRecords,
        TimeSpan wait = default,
        CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(from, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxRecords, 1);
        return await _shared.WaitForRecordsAsync(
            User,
            () => from,
            end => _shared.ReadNowAsync(from, end, maxRecords, cancellationToken),
            wait,
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>By itself: what it captures is made only where somebody traces.</summary>
    private ValueTask<long> TracedAsync(
        IReadOnlyList<ReadOnlyMemory<byte>> bodies,
        IReadOnlyDictionary<string, string>? headers,
        Durability? durability,
        CancellationToken cancellationToken) => TopicMetrics.TracedAsync(
            Name,
            bodies.Count,
            activity => CommitAsync(
                Prepare(bodies, TraceHeaders.With(headers, activity)), durability, cancellationToken));

    private NewRecords Prepare(
        ReadOnlyMemory<byte> body, IReadOnlyDictionary<string, string>? headers)
    {
        DateTimeOffset now = Engine.TimeProvider.GetUtcNow();
        return RecordsOf([NewRecords.Encode(body, headers, now.UtcTicks)], now);
    }

    private NewRecords Prepare(
        IReadOnlyList<ReadOnlyMemory<byte>> bodies, IReadOnlyDictionary<string, string>? headers)
    {
        DateTimeOffset now = Engine.TimeProvider.GetUtcNow();
        return RecordsOf(
            [.. bodies.Select(body => NewRecords.Encode(body, headers, now.UtcTicks))], now);
    }

    private NewRecords RecordsOf(IReadOnlyList<byte[]> values, DateTimeOffset now) =>
        new(values, Options.MaxAge is { } age ? Calendar.Expiry(now, age) : null);

    private async ValueTask<long> CommitAsync(
        NewRecords records, Durability? durability, CancellationToken cancellationToken)
    {
        TopicAppend append = await _shared.Offsets
            .AppendAsync(User, records, durability, cancellationToken).ConfigureAwait(false);
        await _shared.Trim.BehindAppendAsync(Options, append.Behind).ConfigureAwait(false);
        return append.First;
    }
}
