using System.Buffers.Binary;
using System.Text;
using LogEngine.Stores.Shared;

namespace LogEngine.Stores.Queues;

/// <summary>
/// A dead letter's value, little-endian: layout version (1), lane (1), deliveries (2), UTC ticks of its
/// death (8), length of the reason (2), the reason in UTF-8, the message's value; nothing behind the
/// reason where that could not be read. Of a message in a group the layout version is 2, and length (1)
/// and UTF-8 of the group stand before the reason.
/// </summary>
/// <remarks>
/// Builds that know no groups know layout 1 only: they list such a dead letter as unreadable and refuse
/// to replay it, which would lose its group.
/// </remarks>
internal static class DeadLetterCodec
{
    private const byte Plain = 1;
    private const byte Grouped = 2;
    private const int HeadSize = 14;
    private const int MaxReasonCharacters = 1000;

    internal static byte[] Encode(
        in QueueEntry entry, string reason, long nowTicks, ReadOnlySpan<byte> message)
    {
        byte[] text = Encoding.UTF8.GetBytes(
            reason.Length > MaxReasonCharacters ? reason[..MaxReasonCharacters] : reason);
        byte[] group = entry.Group is null ? [] : Encoding.UTF8.GetBytes(entry.Group);
        int reasonAt = HeadSize + (entry.Group is null ? 0 : 1 + group.Length);
        byte[] value = new byte[reasonAt + text.Length + message.Length];
        value[0] = entry.Group is null ? Plain : Grouped;
        value[1] = entry.Lane;
        BinaryPrimitives.WriteUInt16LittleEndian(value.AsSpan(2), entry.Deliveries);
        BinaryPrimitives.WriteInt64LittleEndian(value.AsSpan(4), nowTicks);
        BinaryPrimitives.WriteUInt16LittleEndian(value.AsSpan(12), (ushort)text.Length);
        if (entry.Group is not null)
        {
            value[HeadSize] = (byte)group.Length;
            group.CopyTo(value, HeadSize + 1);
        }

        text.CopyTo(value, reasonAt);
        message.CopyTo(value.AsSpan(reasonAt + text.Length));
        return value;
    }

    /// <exception cref="UndecodableValueException">It is none that can be read.</exception>
    internal static DeadLetter Read(ReadOnlyMemory<byte> value, string queue, long id)
    {
        ReadOnlySpan<byte> bytes = value.Span;
        Places places = Find(bytes, queue, id);
        long died = BinaryPrimitives.ReadInt64LittleEndian(bytes[4..]);
        if ((ulong)died > (ulong)DateTimeOffset.MaxValue.Ticks)
        {
            throw Damaged(queue, id);
        }

        bool hasBody = bytes.Length > places.MessageAt;
        StoredMessage message = hasBody
            ? MessageCodec.Read(value[places.MessageAt..], queue, id)
            : StoredMessage.None;
        string reason = Encoding.UTF8.GetString(bytes[places.ReasonAt..places.MessageAt]);
        return new DeadLetter
        {
            Id = id,
            Lane = bytes[1],
            GroupId = GroupIn(bytes, places),
            Body = message.Body,
            Headers = message.Headers,
            EnqueuedAt = message.EnqueuedAt,
            DiedAt = new DateTimeOffset(died, TimeSpan.Zero),
            DeliveryCount = BinaryPrimitives.ReadUInt16LittleEndian(bytes[2..]),
            Reason = reason,
            Unreadable = hasBody ? null : reason,
        };
    }

    /// <summary>The message's own value, lane and group within a dead letter's value.</summary>
    /// <exception cref="UndecodableValueException">It has none that can be read.</exception>
    internal static (ReadOnlyMemory<byte> Value, byte Lane, string? Group) MessageIn(
        ReadOnlyMemory<byte> value, string queue, long id)
    {
        Places places = Find(value.Span, queue, id);
        ReadOnlyMemory<byte> message = value[places.MessageAt..];
        if (message.IsEmpty)
        {
            throw new UndecodableValueException(
                Name(queue, id),
                new InvalidDataException(
                    "its body could not be read when it died, so it cannot be sent again; discard "
                    + "it."));
        }

        _ = MessageCodec.Read(message, queue, id);
        return (message, value.Span[1], GroupIn(value.Span, places));
    }

    private static string? GroupIn(ReadOnlySpan<byte> value, Places places) =>
        value[0] == Plain ? null : Encoding.UTF8.GetString(value[(HeadSize + 1)..places.ReasonAt]);

    private static Places Find(ReadOnlySpan<byte> value, string queue, long id)
    {
        if (value.Length < HeadSize || value[0] is not (Plain or Grouped)
            || value[1] >= QueueMessage.Lanes || (value[0] == Grouped && value.Length == HeadSize))
        {
            throw Damaged(queue, id);
        }

        int reasonAt = value[0] == Plain ? HeadSize : HeadSize + 1 + value[HeadSize];
        int messageAt = reasonAt + BinaryPrimitives.ReadUInt16LittleEndian(value[12..]);
        return messageAt <= value.Length
            ? new Places(reasonAt, messageAt)
            : throw Damaged(queue, id);
    }

    private static string Name(string queue, long id) => $"Dead letter {id} of queue '{queue}'";

    private static UndecodableValueException Damaged(string queue, long id) => new(
        Name(queue, id), new InvalidDataException("its bytes are none that a queue writes."));

    /// <summary>Where the parts of a value begin.</summary>
    private readonly record struct Places(int ReasonAt, int MessageAt);
}
