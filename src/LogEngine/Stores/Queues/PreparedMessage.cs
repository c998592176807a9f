using System.Buffers;
using System.Text;

namespace LogEngine.Stores.Queues;

/// <summary>A message on its way into the queue: its bytes are ours, its id comes when it commits.</summary>
internal sealed class PreparedMessage
{
    private byte[] _rented;

    private PreparedMessage(byte[] rented, int length, byte lane, string? group)
    {
        _rented = rented;
        Length = length;
        Lane = lane;
        Group = group;
        StoredSize = QueueEntry.StoredSize(length, group);
    }

    internal int Length { get; }

    internal byte Lane { get; }

    /// <summary>Its group; null for none.</summary>
    internal string? Group { get; }

    internal int StoredSize { get; }

    /// <summary>0 for at once.</summary>
    internal long DueTicks { get; private init; }

    internal DateTimeOffset? ExpiresAt { get; private init; }

    /// <summary>Its deduplication id; null for none.</summary>
    internal byte[]? DedupeKey { get; private init; }

    internal ReadOnlyMemory<byte> Value => _rented.AsMemory(0, Length);

    /// <summary>Set when its commit begins.</summary>
    internal long Id { get; set; }

    /// <summary>Through which object of the queue it comes; set with the id.</summary>
    internal QueueUser? User { get; set; }

    /// <summary>It was found to be a duplicate of this id and is not written.</summary>
    internal long? DuplicateOf { get; set; }

    /// <summary>Which operation of its batch puts it.</summary>
    internal int Operation { get; set; }

    /// <summary>Checks and copies a message.</summary>
    /// <exception cref="ArgumentException">Something about it is out of range.</exception>
    /// <exception cref="RecordTooLargeException">It is too large.</exception>
    internal static PreparedMessage Of(QueueMessage message, QueueOptions options, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(message);
        message.Validate();
        long due = message.DueAt?.UtcTicks
            ?? (message.Delay == TimeSpan.Zero ? 0 : QueueClock.Later(now, message.Delay).UtcTicks);
        TimeSpan? life = message.TimeToLive ?? options.MaxAge;
        int length = MessageCodec.SizeOf(message);
        byte[] value = ArrayPool<byte>.Shared.Rent(length);
        MessageCodec.Write(value.AsSpan(0, length), message, now.UtcTicks);
        return new PreparedMessage(value, length, (byte)message.Lane, message.GroupId)
        {
            DueTicks = due <= now.UtcTicks ? 0 : due,
            ExpiresAt = life is { } time ? QueueClock.Expiry(now, time) : null,
            DedupeKey = message.DeduplicationId is { } id ? Encoding.UTF8.GetBytes(id) : null,
        };
    }

    /// <summary>A message as it was stored, to be enqueued anew.</summary>
    internal static PreparedMessage Again(
        ReadOnlySpan<byte> value,
        byte lane,
        string? group,
        QueueOptions options,
        DateTimeOffset now)
    {
        byte[] copy = ArrayPool<byte>.Shared.Rent(value.Length);
        value.CopyTo(copy);
        MessageCodec.SetEnqueued(copy, now.UtcTicks);
        return new PreparedMessage(copy, value.Length, lane, group)
        {
            ExpiresAt = options.MaxAge is { } life ? QueueClock.Expiry(now, life) : null,
        };
    }

    internal QueueEntry Entry(long version) => new(Id, version, DueTicks, StoredSize, Lane, 0, Group);

    /// <summary>Gives the bytes back; the log has its own by then, or never will.</summary>
    internal void Release()
    {
        ArrayPool<byte>.Shared.Return(_rented);
        _rented = [];
    }
}
