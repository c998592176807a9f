using Akka.Persistence;
using Akka.Persistence.Journal;

namespace LogEngine.Akka.Persistence;

/// <summary>What must be written all or none, as it will be stored; or why it cannot be.</summary>
internal sealed class PreparedWrite
{
    private readonly List<(byte[] Key, EventRow Row, byte[] Value)> _events = [];

    private PreparedWrite()
    {
    }

    /// <summary>Why it is rejected: nothing of it is written. Null for not at all.</summary>
    internal Exception? Rejection { get; private set; }

    internal long Bytes { get; private set; }

    internal IReadOnlyList<(byte[] Key, EventRow Row, byte[] Value)> Events => _events;

    internal static PreparedWrite Of(
        AtomicWrite write, PayloadCodec codec, bool keepsAllEvents, TimeProvider clock)
    {
        PreparedWrite prepared = new();
        try
        {
            foreach (IPersistentRepresentation persistent in (IEnumerable<IPersistentRepresentation>)write.Payload)
            {
                prepared.Add(persistent, codec, keepsAllEvents, clock);
            }
        }
        catch (Exception error)
        {
            // Whatever a serializer throws: Akka tells the actor, which goes on with its next event.
            prepared.Reject(error);
        }

        return prepared;
    }

    internal void Reject(Exception error)
    {
        Rejection = error;
        _events.Clear();
        Bytes = 0;
    }

    private void Add(
        IPersistentRepresentation persistent, PayloadCodec codec, bool keepsAllEvents, TimeProvider clock)
    {
        (object payload, string[] tags) = persistent.Payload is Tagged tagged
            ? (tagged.Payload, [.. tagged.Tags.Order(StringComparer.Ordinal)])
            : (persistent.Payload, Array.Empty<string>());
        EventRow row = new()
        {
            IsInAllEvents = keepsAllEvents,
            Timestamp = persistent.Timestamp > 0 ? persistent.Timestamp : clock.GetUtcNow().UtcTicks,
            AdapterManifest = persistent.Manifest,
            WriterGuid = persistent.WriterGuid,
            Tags = tags,
            Payload = codec.Encode(payload),
        };
        byte[] value = row.Encode();
        byte[] key = JournalKeys.Event(persistent.PersistenceId, persistent.SequenceNr);
        foreach (string tag in tags)
        {
            // Refuses one that is too long.
            Bytes += JournalKeys.Tag(tag).Length;
        }

        _events.Add((key, row, value));
        Bytes += key.Length + value.Length;
    }
}
