using System.Buffers.Binary;
using System.Text;
using LogEngine.Telemetry;

namespace LogEngine.Stores.Queues;

/// <summary>
/// The way of messages to the dead letters. A dead letter's value, little-endian: layout version (1),
/// lane (1), deliveries (2), UTC ticks of its death (8), length of the reason (2), the reason in UTF-8,
/// the message's value; nothing behind the reason where that could not be read.
/// </summary>
internal sealed class DeadLetterPath(QueueParts parts)
{
    private const byte LayoutVersion = 1;
    private const int HeadSize = 14;
    private const int MaxReasonCharacters = 1000;

    /// <summary>Moves a message whose lease is on its way; on failure the caller gives it back.</summary>
    internal async ValueTask MoveAsync(Lease lease, string reason, Durability durability)
    {
        byte[]? body;
        try
        {
            using StoredValue? value = await parts.Keyspaces.Messages.GetAsync(lease.Entry.Key)
                .ConfigureAwait(false);
            body = value?.Memory.ToArray();
        }
        catch (CorruptionException damage)
        {
            await MoveUnreadableAsync(lease, reason, damage, durability).ConfigureAwait(false);
            return;
        }

        if (body is not null)
        {
            await MoveAsync(lease, lease.Entry, reason, body, durability).ConfigureAwait(false);
            return;
        }

        WriteBatch batch = parts.Engine.CreateBatch();
        parts.Delete(batch, lease.Entry);
        await parts.Engine.CommitAsync(batch, durability).ConfigureAwait(false);
        parts.State.Finish(lease, static count => count.Expired++);
    }

    /// <summary>
    /// Moves a message whose body is damaged, without it: nobody could ever receive it, and it would
    /// be tried for ever. Trying was a delivery, and counts.
    /// </summary>
    /// <param name="lease">Its lease, on its way.</param>
    /// <param name="reason">Why it dies; null where the damage is why.</param>
    /// <param name="damage">What was met.</param>
    /// <param name="durability">When it completes.</param>
    internal async ValueTask MoveUnreadableAsync(
        Lease lease, string? reason, Exception damage, Durability durability)
    {
        QueueEntry entry = reason is null ? lease.Entry.Counted() : lease.Entry;
        string text = $"{(reason is null ? "" : reason + " ")}The body of message {entry.Id}, key "
            + $"{Convert.ToHexString(entry.Key)}, cannot be read: {damage.Message}";
        await MoveAsync(lease, entry, text, [], durability).ConfigureAwait(false);
        parts.State.CountUnreadable();
    }

    internal static DeadLetter Read(ReadOnlyMemory<byte> value, string queue, long id)
    {
        ReadOnlySpan<byte> bytes = value.Span;
        int messageAt = MessageAt(bytes, queue, id);
        long died = BinaryPrimitives.ReadInt64LittleEndian(bytes[4..]);
        if ((ulong)died > (ulong)DateTimeOffset.MaxValue.Ticks)
        {
            throw Damaged(queue, id);
        }

        bool hasBody = bytes.Length > messageAt;
        StoredMessage message = hasBody
            ? MessageCodec.Read(value[messageAt..], queue, id)
            : StoredMessage.None;
        string reason = Encoding.UTF8.GetString(bytes[HeadSize..messageAt]);
        return new DeadLetter(
            id,
            bytes[1],
            message.Body,
            message.Headers,
            message.EnqueuedAt,
            new DateTimeOffset(died, TimeSpan.Zero),
            BinaryPrimitives.ReadUInt16LittleEndian(bytes[2..]),
            reason)
        {
            Unreadable = hasBody ? null : reason,
        };
    }

    /// <summary>The message's own value and lane within a dead letter's value.</summary>
    /// <exception cref="UndecodableValueException">It has none that can be read.</exception>
    internal static (ReadOnlyMemory<byte> Value, byte Lane) MessageIn(
        ReadOnlyMemory<byte> value, string queue, long id)
    {
        ReadOnlyMemory<byte> message = value[MessageAt(value.Span, queue, id)..];
        if (message.IsEmpty)
        {
            throw new UndecodableValueException(
                Name(queue, id),
                new InvalidDataException(
                    "its body could not be read when it died, so it cannot be sent again; discard "
                    + "it."));
        }

        _ = MessageCodec.Read(message, queue, id);
        return (message, value.Span[1]);
    }

    private async ValueTask MoveAsync(
        Lease lease, QueueEntry entry, string reason, byte[] body, Durability durability)
    {
        WriteBatch batch = parts.Engine.CreateBatch();
        parts.Delete(batch, lease.Entry);
        batch.Put(
            parts.Keyspaces.Dead,
            QueueEntry.IdKey(entry.Id),
            Encode(entry, reason, parts.Now.UtcTicks, body));
        await parts.Engine.CommitAsync(batch, durability).ConfigureAwait(false);
        parts.State.Finish(lease, static count => count.DeadLettered++);
        LogEvents.MessageDied(parts.Logger, parts.Name, entry.Id, entry.Deliveries, reason);
    }

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

    /// <summary>Where the message begins in a dead letter's value.</summary>
    private static int MessageAt(ReadOnlySpan<byte> value, string queue, long id)
    {
        if (value.Length < HeadSize || value[0] != LayoutVersion || value[1] >= QueueMessage.Lanes)
        {
            throw Damaged(queue, id);
        }

        int at = HeadSize + BinaryPrimitives.ReadUInt16LittleEndian(value[12..]);
        return at <= value.Length ? at : throw Damaged(queue, id);
    }

    private static string Name(string queue, long id) => $"Dead letter {id} of queue '{queue}'";

    private static UndecodableValueException Damaged(string queue, long id) => new(
        Name(queue, id), new InvalidDataException("its bytes are none that a queue writes."));
}
