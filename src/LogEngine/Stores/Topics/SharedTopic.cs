using LogEngine.Stores.Shared;
using LogEngine.Telemetry;
using Microsoft.Extensions.Logging;

namespace LogEngine.Stores.Topics;

/// <summary>
/// One topic that is open on an engine, through however many objects: what this process knows of it.
/// </summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class SharedTopic
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(10);

    private readonly TopicNews _news = new();
    private readonly TopicReader _reader;
    private TopicGaps _gaps = null!; // until it is open
    private CancellationTokenRegistration _engineStops;

    private SharedTopic(StorageEngine engine, string name)
    {
        Engine = engine;
        Name = name;
        IsShared = engine.Capabilities.IsShared;
        Keyspaces = new TopicKeyspaces(engine, name);
        Logger = LogCategories.Create(engine.LoggerFactory, LogCategories.Topic);
        Groups = new TopicGroups(this);
        _reader = new TopicReader(name, Keyspaces.Records);
    }

    internal StorageEngine Engine { get; }

    internal string Name { get; }

    /// <summary>Other processes may work on it too.</summary>
    internal bool IsShared { get; }

    internal TopicKeyspaces Keyspaces { get; }

    internal ILogger Logger { get; }

    internal TopicGroups Groups { get; }

    internal TopicOffsets Offsets { get; private set; } = null!; // until it is open

    internal TopicTrim Trim { get; private set; } = null!; // until it is open

    /// <summary>Looks at what is there, before anybody has it.</summary>
    internal static async Task<SharedTopic> OpenAsync(StorageEngine engine, string name)
    {
        SharedTopic topic = new(engine, name);
        await topic.ReadAsync(CancellationToken.None).ConfigureAwait(false);
        topic._engineStops = engine.Stopping.UnsafeRegister(
            static topic => ((SharedTopic)topic!).EndWithEngine(), topic);
        TopicMetrics.Enter(topic);
        return topic;
    }

    /// <summary>The last object of it is closed, and nothing is on its way.</summary>
    internal Task CloseAsync()
    {
        TopicMetrics.Leave(this);
        _engineStops.Unregister();
        return Task.CompletedTask;
    }

    /// <summary>One of its objects is closed: who waits on it looks.</summary>
    internal void Wake(TopicUser user) => _news.Wake(user);

    /// <summary>Offset of the oldest record; the end where there is none.</summary>
    internal async ValueTask<long> GetFirstOffsetAsync(CancellationToken cancellationToken)
    {
        KeyValueEntry? first = await Keyspaces.Records
            .GetFirstAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
        return first is not null
            ? TopicKeyspaces.OffsetOf(first.Key.Span)
            : await Offsets.GetEndAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <exception cref="ArgumentOutOfRangeException">The offset has not been given to anybody.</exception>
    internal async ValueTask RequireGivenAsync(long offset, CancellationToken cancellationToken)
    {
        if (offset >= Offsets.SeenEnd)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(
                offset, await Offsets.GetEndAsync(cancellationToken).ConfigureAwait(false));
        }
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
        if (records.Count == 0 || records[0].Offset == from)
        {
            return new TopicRead(records, 0);
        }

        long first = await GetFirstOffsetAsync(cancellationToken).ConfigureAwait(false);
        return new TopicRead(records, Missed(from, records[0].Offset, first));
    }

    /// <summary>Reads again and again until there are records, or the time has passed.</summary>
    /// <param name="user">The object that is read from.</param>
    /// <param name="position">Offset of the next record, as it is then.</param>
    /// <param name="read">Reads from there to before an offset.</param>
    /// <param name="wait">How long; <see cref="Timeout.InfiniteTimeSpan"/> for ever.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    internal async ValueTask<TopicRead> WaitForRecordsAsync(
        TopicUser user,
        Func<long> position,
        Func<long, ValueTask<TopicRead>> read,
        TimeSpan wait,
        CancellationToken cancellationToken)
    {
        WaitTime.Check(wait);
        cancellationToken.ThrowIfCancellationRequested();
        WaitTime left = new(wait, Engine.TimeProvider);
        TimeSpan? pause = Offsets.LongestPause is null ? null : FirstPause;
        while (true)
        {
            user.ThrowIfClosed();

            // Taken before reading: what comes later ends the wait.
            long end = await Offsets.GetEndAsync(cancellationToken).ConfigureAwait(false);
            TopicRead found = await read(end).ConfigureAwait(false);
            if (found.Records.Count > 0 || !left.IsLeft)
            {
                return found;
            }

            // Offsets that stayed empty, or whose records are gone, are waited behind.
            await WaitBehindAsync(
                user, Math.Max(position(), end), left, pause, cancellationToken)
                .ConfigureAwait(false);
            pause = 2 * pause < Offsets.LongestPause ? 2 * pause : Offsets.LongestPause;
        }
    }

    /// <summary>
    /// Waits until there may be something behind an offset, or the time, or a pause, has passed.
    /// </summary>
    private async ValueTask WaitBehindAsync(
        TopicUser user,
        long position,
        WaitTime left,
        TimeSpan? pause,
        CancellationToken cancellationToken)
    {
        Waiter waiter = _news.Enter(user);
        try
        {
            user.ThrowIfClosed();
            if (Offsets.SeenEnd <= position)
            {
                _news.ThrowIfEnded();
                await left.WaitAsync(waiter.Task, cancellationToken, pause)
                    .ConfigureAwait(false);
            }
        }
        catch (TimeoutException)
        {
            // It looks once more.
        }
        finally
        {
            _news.Leave(waiter);
        }
    }

    private async ValueTask ReadAsync(CancellationToken cancellationToken)
    {
        await Groups.ReadAsync(cancellationToken).ConfigureAwait(false);
        _gaps = await TopicGaps.ReadAsync(Keyspaces, cancellationToken).ConfigureAwait(false);
        long next = 1;
        if (IsShared)
        {
            Offsets = new StoredOffsets(Engine, Keyspaces, _news, Groups.ReadFarthestAsync);
        }
        else
        {
            next = Math.Max(
                await TopicOffsets.BehindLastAsync(Keyspaces, cancellationToken)
                    .ConfigureAwait(false),
                Groups.Farthest);
            Offsets = new CountedOffsets(Engine, Keyspaces, new TopicState(next, _news), _gaps);
        }

        long first = await GetFirstOffsetAsync(cancellationToken).ConfigureAwait(false);
        Trim = new TopicTrim(this, first);
        if (!IsShared)
        {
            await _gaps.FindAsync(Keyspaces.Records, first, next, cancellationToken)
                .ConfigureAwait(false);
        }
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

    private void EndWithEngine()
    {
        TopicMetrics.Leave(this);
        _news.EndWithEngine(EngineEnd.CauseOf(Engine));
    }
}
