using System.Buffers.Binary;
using System.Text;
using LogEngine.Telemetry;

namespace LogEngine.Stores.Queues;

/// <summary>
/// The way of messages to the dead letters. A dead letter's value, little-endian: layout version (1),
/// lane (1), deliveries (2), UTC ticks of its death (8), length of the reason (2), the reason in UTF-8,
/// the message's value.
/// </summary>
internal sealed class DeadLetterPath(QueueParts parts)
{
    private const byte LayoutVersion = 1;
    private const int HeadSize = 14;
    private const int MaxReasonCharacters = 1000;

    /// <summary>Moves a message whose lease is on its way; on failure the caller gives it back.</summary>
    internal async ValueTask MoveAsync(Lease lease, string reason, Durability durability)
    {
        QueueEntry entry = lease.Entry;
        using StoredValue? value = await parts.Keyspaces.Messages.GetAsync(entry.Key)
            .ConfigureAwait(false);
        WriteBatch batch = parts.Engine.CreateBatch();
        parts.Delete(batch, entry);
        if (value is not null)
        {
            batch.Put(
                parts.Keyspaces.Dead,
                QueueEntry.IdKey(entry.Id),
                Encode(entry, reason, parts.Now.UtcTicks, value.Memory.Span));
        }

        await parts.Engine.CommitAsync(batch, durability).ConfigureAwait(false);
        if (value is null)
        {
            parts.State.Finish(lease, static count => count.Expired++);
        }
        else
        {
            parts.State.Finish(lease, static count => count.DeadLettered++);
            LogEvents.MessageDied(parts.Logger, parts.Name, entry.Id, entry.Deliveries, reason);
        }
    }

    internal static DeadLetter Read(ReadOnlyMemory<byte> value, string queue, long id)
    {
        ReadOnlySpan<byte> bytes = value.Span;
        if (bytes.Length < HeadSize || bytes[0] != LayoutVersion)
        {
            throw Damaged(queue, id);
        }

        int reasonLength = BinaryPrimitives.ReadUInt16LittleEndian(bytes[12..]);
        if (bytes.Length < HeadSize + reasonLength)
        {
            throw Damaged(queue, id);
        }

        StoredMessage message = MessageCodec.Read(value[(HeadSize + reasonLength)..], queue, id);
        return new DeadLetter(
            id,
            bytes[1],
            message.Body,
            message.Headers,
            message.EnqueuedAt,
            new DateTimeOffset(BinaryPrimitives.ReadInt64LittleEndian(bytes[4..]), TimeSpan.Zero),
            BinaryPrimitives.ReadUInt16LittleEndian(bytes[2..]),
            Encoding.UTF8.GetString(bytes.Slice(HeadSize, reasonLength)));
    }

    /// <summary>The message's own value and lane within a dead letter's value.</summary>
    internal static (ReadOnlyMemory<byte> Value, byte Lane) MessageIn(ReadOnlyMemory<byte> value) => (
        value[(HeadSize + BinaryPrimitives.ReadUInt16LittleEndian(value.Span[12..]))..],
        value.Span[1]);

    private static byte[] Encode(
        in QueueEntry entry, string reason, long nowTicks, ReadOnlySpan<byte> message)
    {
        byte[] text = Encoding.UTF8.GetBytes(
            reason.Length > MaxReasonCharacters ? reason[..MaxReasonCharacters] : reason);
        byte[] value = new byte[HeadSize + text.Length + message.Length];
        value[0] = LayoutVersion;
        value[1] = entry.Lane;
        BinaryPrimitives.WriteUInt16LittleEndian(value.AsSpan(2), entry.Deliveries);
        BinaryPrimitives.WriteInt64LittleEndian(value.AsSpan(4), nowTicks);
        BinaryPrimitives.WriteUInt16LittleEndian(value.AsSpan(12), (ushort)text.Length);
        text.CopyTo(value, HeadSize);
        message.CopyTo(value.AsSpan(HeadSize + text.Length));
        return value;
    }

    private static InvalidDataException Damaged(string queue, long id) => new(
        $"Dead letter {id} of queue '{queue}' has bytes that no queue of this version wrote.");
}
