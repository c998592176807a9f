using System.Runtime.CompilerServices;
using System.Text;
using Akka;
using Akka.Actor;
using Akka.Configuration;
using Akka.Persistence;
using Akka.Persistence.Journal;
using Akka.Persistence.Query;
using Akka.Streams.Dsl;
using Extension = Akka.Persistence.Persistence;

namespace LogEngine.Akka.Persistence;

/// <summary>
/// Queries of a journal: by persistence id, by tag, all events, and persistence ids, each as it is now or live.
/// <c>system.ReadJournalFor&lt;LogEngineReadJournal&gt;(LogEngineReadJournal.Identifier)</c>.
/// </summary>
/// <remarks>
/// <para>
/// Events by tag and all events come in the order of their commits, which is the order in which they can be seen: who
/// keeps the offset of the last one and goes on behind it, <see cref="Sequence"/>, misses none and gets none twice.
/// <see cref="FromEnd"/> begins with the last so many.
/// </para>
/// <para>
/// A query reads as fast as it is asked, in steps; what it has not been asked for it does not hold. One of what is
/// there now ends with what was there when it began. Live ones are woken by the engine when somebody writes, in
/// whichever process; they need an engine that can watch, else they fail with a <see cref="NotSupportedException"/>.
/// Events that were deleted are not found.
/// </para>
/// </remarks>
public sealed class LogEngineReadJournal :
    IPersistenceIdsQuery,
    ICurrentPersistenceIdsQuery,
    IEventsByPersistenceIdQuery,
    ICurrentEventsByPersistenceIdQuery,
    IEventsByTagQuery,
    ICurrentEventsByTagQuery,
    IAllEventsQuery,
    ICurrentAllEventsQuery
{
    /// <summary>The section of the configuration: <see cref="LogEnginePersistence.ReadJournalId"/>.</summary>
    public const string Identifier = LogEnginePersistence.ReadJournalId;

    private readonly PayloadCodec _codec;
    private readonly EventAdapters _adapters;
    private readonly bool _keepsAllEvents;
    private readonly JournalSignal _signal;
    private readonly JournalReader _reader;
    private readonly JournalStore _store;

    internal LogEngineReadJournal(ExtendedActorSystem system, Config config)
    {
        string writePlugin = config.GetString("write-plugin", LogEnginePersistence.JournalId);
        PluginSettings settings = PluginSettings.OfJournal(
            system.Settings.Config.GetConfig(writePlugin)
            ?? throw new ConfigurationException($"The configuration has no section {writePlugin}."));
        SystemEngines engines = SystemEngines.Of(system);
        StorageEngine engine = engines.Open(settings);
        JournalState state = engines.JournalOf(engine, settings.Store);
        _codec = new PayloadCodec(system, settings.Serializer);
        _adapters = Extension.Instance.Apply(system).AdaptersFor(writePlugin);
        _keepsAllEvents = settings.KeepsAllEvents;
        _signal = state.Signal;
        _reader = new JournalReader(state.Keyspace);
        _store = new JournalStore(engine, state, _codec, settings.Durability, settings.KeepsAllEvents);
    }

    /// <summary>For Akka.Persistence.Query: <see cref="LogEnginePersistence.DefaultConfiguration"/>.</summary>
    public static Config DefaultConfiguration() => LogEnginePersistence.DefaultConfiguration();

    /// <summary>
    /// The ids of all actors that have ever persisted an event, in the order of their first ones, and then new ones.
    /// An id whose events were all deleted stays.
    /// </summary>
    public Source<string, NotUsed> PersistenceIds() => Source.From(() => IdsAsync(isLive: true));

    /// <summary>The ids of all actors that have ever persisted an event, in the order of their first ones.</summary>
    public Source<string, NotUsed> CurrentPersistenceIds() => Source.From(() => IdsAsync(isLive: false));

    /// <summary>
    /// The events of an actor in order, and then new ones; ends where the last sequence number asked for is reached.
    /// </summary>
    /// <param name="persistenceId">The actor's id.</param>
    /// <param name="fromSequenceNr">The first sequence number.</param>
    /// <param name="toSequenceNr">The last sequence number.</param>
    public Source<EventEnvelope, NotUsed> EventsByPersistenceId(
        string persistenceId, long fromSequenceNr, long toSequenceNr) =>
        Source.From(() => EventsAsync(persistenceId, fromSequenceNr, toSequenceNr, isLive: true));

    /// <summary>The events of an actor that are there, in order.</summary>
    /// <param name="persistenceId">The actor's id.</param>
    /// <param name="fromSequenceNr">The first sequence number.</param>
    /// <param name="toSequenceNr">The last sequence number.</param>
    public Source<EventEnvelope, NotUsed> CurrentEventsByPersistenceId(
        string persistenceId, long fromSequenceNr, long toSequenceNr) =>
        Source.From(() => EventsAsync(persistenceId, fromSequenceNr, toSequenceNr, isLive: false));

    /// <summary>The events with a tag behind an offset, in the order of commits, and then new ones.</summary>
    /// <param name="tag">The tag.</param>
    /// <param name="offset">Behind which it begins; null for the beginning.</param>
    /// <exception cref="ArgumentException">It is an offset of another kind, or the tag is too long.</exception>
    public Source<EventEnvelope, NotUsed> EventsByTag(string tag, Offset? offset = null) =>
        Feed(JournalKeys.Tag(tag), offset, isLive: true);

    /// <summary>The events with a tag that are there behind an offset, in the order of commits.</summary>
    /// <param name="tag">The tag.</param>
    /// <param name="offset">Behind which it begins; null for the beginning.</param>
    /// <exception cref="ArgumentException">It is an offset of another kind, or the tag is too long.</exception>
    public Source<EventEnvelope, NotUsed> CurrentEventsByTag(string tag, Offset? offset = null) =>
        Feed(JournalKeys.Tag(tag), offset, isLive: false);

    /// <summary>All events behind an offset, in the order of commits, and then new ones.</summary>
    /// <param name="offset">Behind which it begins; null for the beginning.</param>
    /// <exception cref="ArgumentException">It is an offset of another kind.</exception>
    /// <exception cref="NotSupportedException">The journal's <c>all-events</c> is off.</exception>
    public Source<EventEnvelope, NotUsed> AllEvents(Offset? offset = null) => All(offset, isLive: true);

    /// <summary>All events that are there behind an offset, in the order of commits.</summary>
    /// <param name="offset">Behind which it begins; null for the beginning.</param>
    /// <exception cref="ArgumentException">It is an offset of another kind.</exception>
    /// <exception cref="NotSupportedException">The journal's <c>all-events</c> is off.</exception>
    public Source<EventEnvelope, NotUsed> CurrentAllEvents(Offset? offset = null) => All(offset, isLive: false);

    private Source<EventEnvelope, NotUsed> All(Offset? offset, bool isLive) => _keepsAllEvents
        ? Feed(JournalKeys.AllEvents, offset, isLive)
        : throw new NotSupportedException(
            "The journal does not keep the order of all its events: its setting all-events is off.");

    private Source<EventEnvelope, NotUsed> Feed(byte[] feed, Offset? offset, bool isLive)
    {
        if (offset is not (null or NoOffset or Sequence or FromEnd))
        {
            throw new ArgumentException(
                $"An offset of this journal is a {nameof(Sequence)}, or {nameof(FromEnd)}; this is a "
                + $"{offset.GetType().Name}.",
                nameof(offset));
        }

        return Source.From(() => FeedAsync(feed, offset, isLive));
    }

    private async IAsyncEnumerable<EventEnvelope> FeedAsync(
        byte[] feed,
        Offset? offset,
        bool isLive,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using JournalSignal.Listener? listener = isLive
            ? await _signal.ListenAsync(cancellationToken).ConfigureAwait(false)
            : null;
        long after = offset switch
        {
            Sequence sequence => Math.Max(0, sequence.Value),
            FromEnd last => await _reader.BeforeLastAsync(feed, last.Count, cancellationToken).ConfigureAwait(false),
            _ => 0,
        };
        long upTo = isLive ? long.MaxValue : await _reader.EndOfAsync(feed, cancellationToken).ConfigureAwait(false);
        while (true)
        {
            Task<Exception?>? next = listener?.Next;
            await foreach ((long version, StoredEvent? stored) in
                _reader.ReadFeedAsync(feed, after, upTo, cancellationToken).ConfigureAwait(false))
            {
                after = version;
                foreach (EventEnvelope envelope in stored is null ? [] : Envelopes(stored, version))
                {
                    yield return envelope;
                }
            }

            if (next is null)
            {
                yield break;
            }

            await JournalSignal.Listener.WaitAsync(next, cancellationToken).ConfigureAwait(false);
        }
    }

    private async IAsyncEnumerable<EventEnvelope> EventsAsync(
        string persistenceId,
        long from,
        long to,
        bool isLive,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using JournalSignal.Listener? listener = isLive
            ? await _signal.ListenAsync(cancellationToken).ConfigureAwait(false)
            : null;
        from = Math.Max(0, from);
        long end = isLive
            ? to
            : Math.Min(
                to, await _store.ReadHighestAsync(persistenceId, cancellationToken).ConfigureAwait(false));
        while (true)
        {
            Task<Exception?>? next = listener?.Next;

            // Asked before the events are read: what was deleted before that does not come any more.
            long highest = next is null || end == long.MaxValue
                ? 0
                : await _store.ReadHighestAsync(persistenceId, cancellationToken).ConfigureAwait(false);
            await foreach (StoredEvent stored in
                _reader.ReadEventsAsync(persistenceId, from, end, cancellationToken).ConfigureAwait(false))
            {
                long number = JournalKeys.NumberOf(stored.Key.Span);
                foreach (EventEnvelope envelope in Envelopes(stored, number))
                {
                    yield return envelope;
                }

                if (number == end)
                {
                    yield break;
                }

                from = number + 1;
            }

            if (next is null || from > end || highest >= end)
            {
                yield break;
            }

            await JournalSignal.Listener.WaitAsync(next, cancellationToken).ConfigureAwait(false);
        }
    }

    private async IAsyncEnumerable<string> IdsAsync(
        bool isLive, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using JournalSignal.Listener? listener = isLive
            ? await _signal.ListenAsync(cancellationToken).ConfigureAwait(false)
            : null;
        long after = 0;
        long upTo = isLive
            ? long.MaxValue
            : await _reader.EndOfAsync(JournalKeys.AllIds, cancellationToken).ConfigureAwait(false);
        while (true)
        {
            Task<Exception?>? next = listener?.Next;
            await foreach ((long version, ReadOnlyMemory<byte> id) in
                _reader.ReadValuesAsync(JournalKeys.AllIds, after, upTo, cancellationToken).ConfigureAwait(false))
            {
                after = version;
                yield return Encoding.UTF8.GetString(id.Span);
            }

            if (next is null)
            {
                yield break;
            }

            await JournalSignal.Listener.WaitAsync(next, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>What the journal's event adapters make of an event: one, several or none.</summary>
    private IEnumerable<EventEnvelope> Envelopes(StoredEvent stored, long offset)
    {
        IPersistentRepresentation persistent = stored.Row.ToPersistent(stored.Key.Span, _codec);
        return _adapters.Get(persistent.Payload.GetType())
            .FromJournal(persistent.Payload, persistent.Manifest).Events
            .Select(adapted => new EventEnvelope(
                new Sequence(offset),
                persistent.PersistenceId,
                persistent.SequenceNr,
                adapted,
                persistent.Timestamp,
                stored.Row.Tags));
    }
}
