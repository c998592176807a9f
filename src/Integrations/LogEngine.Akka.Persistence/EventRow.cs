using System.Buffers;
using Akka.Persistence;
using LogEngine.Stores;

namespace LogEngine.Akka.Persistence;

/// <summary>An event as it is stored under its persistence id and sequence number.</summary>
internal sealed record EventRow
{
    private const byte Format = 1;
    private const byte InAllEvents = 1;

    /// <summary>Whether it is in the feed of all events.</summary>
    internal required bool IsInAllEvents { get; init; }

    /// <summary>When it was persisted, in ticks, UTC.</summary>
    internal required long Timestamp { get; init; }

    /// <summary>What the event adapter wrote for itself.</summary>
    internal required string AdapterManifest { get; init; }

    internal required string WriterGuid { get; init; }

    internal required string[] Tags { get; init; }

    internal required StoredPayload Payload { get; init; }

    /// <summary>
    /// The feeds that it is in, in the order in which its batch puts it there: right behind the event, so their keys
    /// hold the versions that follow that of the event.
    /// </summary>
    internal IEnumerable<byte[]> Feeds() =>
        (IsInAllEvents ? new[] { JournalKeys.AllEvents } : []).Concat(Tags.Select(JournalKeys.Tag));

    internal byte[] Encode()
    {
        ArrayBufferWriter<byte> row = new(Payload.Bytes.Length + 128);
        RowWriter writer = new(row);
        writer.Byte(Format);
        writer.Byte(IsInAllEvents ? InAllEvents : (byte)0);
        writer.Int64(Timestamp);
        writer.Int32(Payload.SerializerId);
        writer.Text(Payload.Manifest);
        writer.Text(AdapterManifest);
        writer.Text(WriterGuid);
        writer.Int32(Tags.Length);
        foreach (string tag in Tags)
        {
            writer.Text(tag);
        }

        writer.Rest(Payload.Bytes);
        return row.WrittenSpan.ToArray();
    }

    /// <exception cref="UndecodableValueException">It is no event.</exception>
    internal static EventRow Decode(ReadOnlySpan<byte> key, ReadOnlySpan<byte> row)
    {
        try
        {
            RowReader reader = new(row);
            if (reader.Byte() is var format and not Format)
            {
                throw new FormatException($"its format is {format}, and {Format} is known.");
            }

            bool all = (reader.Byte() & InAllEvents) != 0;
            long timestamp = reader.Int64();
            int serializer = reader.Int32();
            string manifest = reader.Text();
            string adapter = reader.Text();
            string writer = reader.Text();
            string[] tags = new string[Math.Min(reader.Int32(), row.Length)];
            for (int i = 0; i < tags.Length; i++)
            {
                tags[i] = reader.Text();
            }

            return new EventRow
            {
                IsInAllEvents = all,
                Timestamp = timestamp,
                AdapterManifest = adapter,
                WriterGuid = writer,
                Tags = tags,
                Payload = new StoredPayload(serializer, manifest, reader.Rest.ToArray()),
            };
        }
        catch (Exception error) when (error is FormatException or OverflowException)
        {
            throw new UndecodableValueException(
                $"Event {JournalKeys.NumberOf(key)} of '{JournalKeys.IdOf(key)}'", error);
        }
    }

    internal IPersistentRepresentation ToPersistent(ReadOnlySpan<byte> key, PayloadCodec codec) => new Persistent(
        codec.Decode(Payload),
        JournalKeys.NumberOf(key),
        JournalKeys.IdOf(key),
        AdapterManifest,
        isDeleted: false,
        sender: null,
        WriterGuid,
        Timestamp);
}
