using System.Buffers;
using LogEngine.Stores;

namespace LogEngine.Akka.Persistence;

/// <summary>A snapshot as it is stored; under the same key as an event of that sequence number.</summary>
/// <param name="Timestamp">When it was taken.</param>
/// <param name="Payload">The snapshot.</param>
internal sealed record SnapshotRow(DateTime Timestamp, StoredPayload Payload)
{
    private const byte Format = 1;

    internal byte[] Encode()
    {
        ArrayBufferWriter<byte> row = new(Payload.Bytes.Length + 64);
        RowWriter writer = new(row);
        writer.Byte(Format);
        writer.Int64(Timestamp.Ticks);
        writer.Int32(Payload.SerializerId);
        writer.Text(Payload.Manifest);
        writer.Rest(Payload.Bytes);
        return row.WrittenSpan.ToArray();
    }

    /// <exception cref="UndecodableValueException">It is no snapshot.</exception>
    internal static SnapshotRow Decode(ReadOnlySpan<byte> key, ReadOnlySpan<byte> row)
    {
        try
        {
            RowReader reader = new(row);
            if (reader.Byte() is var format and not Format)
            {
                throw new FormatException($"its format is {format}, and {Format} is known.");
            }

            DateTime timestamp = new(reader.Int64(), DateTimeKind.Utc);
            return new SnapshotRow(
                timestamp, new StoredPayload(reader.Int32(), reader.Text(), reader.Rest.ToArray()));
        }
        catch (Exception error) when (error is FormatException or ArgumentOutOfRangeException)
        {
            throw new UndecodableValueException(
                $"Snapshot {JournalKeys.NumberOf(key)} of '{JournalKeys.IdOf(key)}'", error);
        }
    }
}
