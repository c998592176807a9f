using System.Buffers.Binary;
using LogEngine.Stores.Shared;

namespace LogEngine.Stores.Queues;

/// <summary>Writes records of another queue as this engine's queues keep them.</summary>
internal static class QueueImport
{
    internal static WriteBatch BatchOf(
        StorageEngine engine, QueueKeyspaces keyspaces, IReadOnlyList<QueueRecord> records)
    {
        WriteBatch batch = engine.CreateBatch();
        foreach (QueueRecord record in records)
        {
            switch (record.Kind)
            {
                case QueueRecordKind.Ids:
                    batch.Put(keyspaces.Meta, QueueKeyspaces.IdsKey, Number(record.Id));
                    break;
                case QueueRecordKind.Message:
                    Add(batch, keyspaces, record);
                    break;
                case QueueRecordKind.DeadLetter:
                    batch.Put(
                        keyspaces.Dead,
                        QueueEntry.IdKey(record.Id),
                        DeadLetterCodec.Encode(
                            EntryOf(record, 0, 0),
                            record.Reason,
                            record.DiedAt.UtcTicks,
                            record.IsUnreadable ? [] : ValueOf(record)));
                    break;
                case QueueRecordKind.Deduplication:
                    batch.Put(
                        keyspaces.Dedupe,
                        record.DeduplicationId.Span,
                        Number(record.Id),
                        record.ExpiresAt);
                    break;
                default:
                    throw new ArgumentException(
                        $"A record of kind {record.Kind}; this version knows no such kind.",
                        nameof(records));
            }
        }

        return batch;
    }

    /// <summary>
    /// One that has been delivered waits by its count of deliveries, as one that was refused; one that has
    /// not, by its key, as one that was scheduled.
    /// </summary>
    private static void Add(WriteBatch batch, QueueKeyspaces keyspaces, QueueRecord record)
    {
        byte[] value = ValueOf(record);
        long due = record.DueAt?.UtcTicks ?? 0;
        bool delivered = record.DeliveryCount > 0;
        QueueEntry entry = EntryOf(record, delivered ? 0 : due, value.Length);
        batch.Put(keyspaces.Messages, entry.Key, value, record.ExpiresAt);
        if (delivered)
        {
            batch.Put(
                keyspaces.Attempts,
                QueueEntry.IdKey(entry.Id),
                AttemptCodec.Encode(entry, entry.Deliveries, due));
        }
    }

    private static QueueEntry EntryOf(QueueRecord record, long dueTicks, int length) => new(
        record.Id,
        0,
        dueTicks,
        QueueEntry.StoredSize(length, record.GroupId),
        (byte)record.Lane,
        (ushort)Math.Clamp(record.DeliveryCount, 0, ushort.MaxValue),
        record.GroupId);

    private static byte[] ValueOf(QueueRecord record)
    {
        QueueMessage message = new(record.Body) { Headers = record.Headers };
        byte[] value = new byte[MessageCodec.SizeOf(message.Body.Length, message.Headers)];
        MessageCodec.Write(
            value, message.Body.Span, message.Headers, record.EnqueuedAt.UtcTicks);
        return value;
    }

    private static byte[] Number(long number)
    {
        byte[] bytes = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, number);
        return bytes;
    }
}
