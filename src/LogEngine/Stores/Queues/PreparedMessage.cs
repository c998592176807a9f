using System.Buffers;
using System.Text;
using LogEngine.Awaiting;
using LogEngine.Stores.Shared;

namespace LogEngine.Stores.Queues;

/// <summary>
/// A message on its way into the queue: its bytes are ours, its id comes when it commits. One that nobody
/// but its own call has seen is used again, with its memory.
/// </summary>
internal sealed class PreparedMessage : IReusable<PreparedMessage>
{
    /// <summary>Memory of more than so many bytes goes back to where it came from.</summary>
    private const int MostKept = 4096;

    private static readonly FreeList<PreparedMessage> Free = new();

    /// <summary>Rented: the key, and behind it the value.</summary>
    private byte[] _bytes = [];
    private int _keySize;

    private PreparedMessage()
    {
    }

    PreparedMessage? IReusable<PreparedMessage>.NextFree { get; set; }

    /// <summary>Bytes of the value.</summary>
    internal int Length { get; private set; }

    internal byte Lane { get; private set; }

    /// <summary>Its group; null for none.</summary>
    internal string? Group { get; private set; }

    internal int StoredSize { get; private set; }

    /// <summary>0 for at once.</summary>
    internal long DueTicks { get; private set; }

    internal DateTimeOffset? ExpiresAt { get; private set; }

    /// <summary>Its deduplication id; null for none.</summary>
    internal byte[]? DedupeKey { get; private set; }

    internal ReadOnlyMemory<byte> Value => _bytes.AsMemory(_keySize, Length);

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
            ?? (message.Delay == TimeSpan.Zero ? 0 : Calendar.Later(now, message.Delay).UtcTicks);
        int length = MessageCodec.SizeOf(message.Body.Length, message.Headers);
        PreparedMessage prepared = Begin(
            length,
            (byte)message.Lane,
            message.GroupId,
            due <= now.UtcTicks ? 0 : due,
            (message.TimeToLive ?? options.MaxAge) is { } life ? Calendar.Expiry(now, life) : null);
        prepared.DedupeKey = message.DeduplicationId is { } id ? Encoding.UTF8.GetBytes(id) : null;
        MessageCodec.Write(
            prepared.ValueSpan, message.Body.Span, message.Headers, now.UtcTicks);
        return prepared;
    }

    /// <summary>A message as it was stored, to be enqueued anew.</summary>
    internal static PreparedMessage Again(
        ReadOnlySpan<byte> value,
        byte lane,
        string? group,
        QueueOptions options,
        DateTimeOffset now)
    {
        PreparedMessage prepared = Begin(
            value.Length,
            lane,
            group,
            dueTicks: 0,
            options.MaxAge is { } life ? Calendar.Expiry(now, life) : null);
        value.CopyTo(prepared.ValueSpan);
        MessageCodec.SetEnqueued(prepared.ValueSpan, now.UtcTicks);
        return prepared;
    }

    internal QueueEntry Entry(long version) => new(Id, version, DueTicks, StoredSize, Lane, 0, Group);

    /// <summary>Its key, now that it has its id; in memory of its own.</summary>
    internal ReadOnlyMemory<byte> WriteKey() => _bytes.AsMemory(0, Entry(0).WriteKey(_bytes));

    /// <summary>Gives the bytes back; the log has its own by then, or never will.</summary>
    internal void ReleaseBytes()
    {
        if (_bytes.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = [];
        }
    }

    /// <summary>Nobody has it any more: with its bytes it may serve another message.</summary>
    internal void Release()
    {
        if (_bytes.Length > MostKept)
        {
            ReleaseBytes();
        }

        (Group, DedupeKey, User) = (null, null, null);
        Free.Return(this);
    }

    private Span<byte> ValueSpan => _bytes.AsSpan(_keySize, Length);

    private static PreparedMessage Begin(
        int length, byte lane, string? group, long dueTicks, DateTimeOffset? expiresAt)
    {
        PreparedMessage prepared = Free.TryTake() ?? new PreparedMessage();
        prepared.Id = 0;
        prepared.Lane = lane;
        prepared.Group = group;
        prepared.DueTicks = dueTicks;
        prepared.ExpiresAt = expiresAt;
        prepared.DuplicateOf = null;
        prepared.Operation = 0;
        prepared.StoredSize = QueueEntry.StoredSize(length, group);
        prepared._keySize = prepared.Entry(0).KeySize;
        prepared.Length = length;
        if (prepared._bytes.Length < prepared._keySize + length)
        {
            prepared.ReleaseBytes();
            prepared._bytes = ArrayPool<byte>.Shared.Rent(prepared._keySize + length);
        }

        return prepared;
    }
}
