using System.Text;
using LogEngine.Stores.Shared;

namespace LogEngine.Stores.Queues;

/// <summary>A message to be enqueued. Its bytes are copied when it is handed over.</summary>
public sealed record QueueMessage
{
    /// <summary>Number of lanes: 8.</summary>
    public static int Lanes => 8;

    /// <summary>Default of <see cref="Lane"/>: 4.</summary>
    public static int DefaultLane => 4;

    /// <summary>Most UTF-8 bytes of a <see cref="DeduplicationId"/>: 1,024.</summary>
    public static int MaxDeduplicationIdBytes => 1024;

    /// <summary>Most UTF-8 bytes of a <see cref="GroupId"/>: 128.</summary>
    public static int MaxGroupIdBytes => QueueEntry.MaxGroupIdBytes;

    /// <summary>Most headers, and most UTF-8 bytes of a header's name or value: 65,535.</summary>
    public static int MaxHeaderBytes => MessageCodec.MaxHeaderBytes;

    /// <summary>A message of some bytes.</summary>
    /// <param name="body">The body; may be empty.</param>
    public QueueMessage(ReadOnlyMemory<byte> body) => Body = body;

    /// <summary>The body, up to a little less than 64 MiB with the headers.</summary>
    public ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>Names and values that travel with the body; null for none.</summary>
    public IReadOnlyDictionary<string, string>? Headers { get; init; }

    /// <summary>
    /// Priority lane, 0 (served first) to 7, default 4. No lane starves:
    /// <see cref="QueueOptions.StarvationLimit"/>.
    /// </summary>
    public int Lane { get; init; } = DefaultLane;

    /// <summary>
    /// Messages of one group are delivered in the order of their ids, one at a time: the next one only
    /// once the one before it was acknowledged, deleted, or moved to the dead letters. 1 to 128 bytes
    /// of UTF-8; null, the default, for no group. Groups need not be declared, and there may be any
    /// number of them; one that has messages takes a few hundred bytes of memory.
    /// </summary>
    /// <remarks>
    /// A message that was given back, or waits for a due time or a delay, holds back those behind it
    /// in its group, and nothing else. Among the lanes a group stands where its next message stands.
    /// </remarks>
    public string? GroupId { get; init; }

    /// <summary>Not delivered before so much time has passed; zero for at once.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>Not delivered before this wall-clock time; wins over <see cref="Delay"/>.</summary>
    public DateTimeOffset? DueAt { get; init; }

    /// <summary>
    /// Written only if no message with this id was enqueued within
    /// <see cref="QueueOptions.DeduplicationWindow"/>; null for no such check.
    /// </summary>
    public string? DeduplicationId { get; init; }

    /// <summary>
    /// From its enqueueing to when it is no longer delivered; null for the queue's
    /// <see cref="QueueOptions.MaxAge"/>.
    /// </summary>
    public TimeSpan? TimeToLive { get; init; }

    /// <summary>
    /// Checks every value against its range; how large body and headers may be is for the queue to say.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">
    /// The lane, the delay or the time to live is out of its range.
    /// </exception>
    /// <exception cref="ArgumentException">
    /// The group or the deduplication id is empty or too long, or the group no text.
    /// </exception>
    public void Validate()
    {
        if ((uint)Lane >= Lanes)
        {
            throw new ArgumentOutOfRangeException(nameof(Lane), Lane, "The lane must be from 0 to 7.");
        }

        if (Delay < TimeSpan.Zero || TimeToLive <= TimeSpan.Zero)
        {
            throw new ArgumentOutOfRangeException(
                Delay < TimeSpan.Zero ? nameof(Delay) : nameof(TimeToLive),
                "A delay must not be negative, a time to live must be positive.");
        }

        if (GroupId is { } group)
        {
            RequireBytes(
                StoreNames.CountAny(group, "A group id", nameof(GroupId)), MaxGroupIdBytes, "group");
        }

        if (DeduplicationId is { } id)
        {
            RequireBytes(Encoding.UTF8.GetByteCount(id), MaxDeduplicationIdBytes, "deduplication");
        }
    }

    /// <summary>Whether all of it is the same: body and headers by what they hold.</summary>
    /// <param name="other">Another message.</param>
    public bool Equals(QueueMessage? other) => other is not null
        && Body.Span.SequenceEqual(other.Body.Span)
        && SameHeaders(Headers, other.Headers)
        && (Lane, GroupId, Delay, DueAt, DeduplicationId, TimeToLive) == (other.Lane, other.GroupId,
            other.Delay, other.DueAt, other.DeduplicationId, other.TimeToLive);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        HashCode hash = default;
        hash.AddBytes(Body.Span);
        hash.Add(Headers?.Count ?? 0);
        hash.Add((Lane, GroupId, Delay, DueAt, DeduplicationId, TimeToLive));
        return hash.ToHashCode();
    }

    private static void RequireBytes(int bytes, int most, string what)
    {
        if (bytes == 0 || bytes > most)
        {
            throw new ArgumentException(
                $"A {what} id of {bytes} bytes of UTF-8; 1 to {most} are allowed.");
        }
    }

    /// <summary>No headers are the same as none.</summary>
    private static bool SameHeaders(
        IReadOnlyDictionary<string, string>? left, IReadOnlyDictionary<string, string>? right) =>
        left is null || right is null
            ? (left?.Count ?? 0) == (right?.Count ?? 0)
            : Contents.Same(left, right);
}
