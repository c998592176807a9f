using LogEngine.Stores.Queues;

namespace LogEngine.Extensions;

/// <summary>A message that is enqueued again and again.</summary>
/// <param name="Name">What it is known by in its queue: 1 to 1,024 bytes of UTF-8.</param>
/// <param name="Recurrence">When it is due.</param>
/// <param name="Message">
/// What is enqueued: body, headers, lane, group and time to live. Delay, due time and deduplication id must
/// not be set: the recurrence is what they would be.
/// </param>
public sealed record RecurringMessage(string Name, Recurrence Recurrence, QueueMessage Message)
{
    /// <summary>
    /// Header of each message with the due time it stands for, in UTC; of several missed ones the first:
    /// <c>logengine-due</c>.
    /// </summary>
    public const string DueHeader = "logengine-due";

    /// <summary>Header of each message with the name of what recurs: <c>logengine-recurring</c>.</summary>
    public const string NameHeader = "logengine-recurring";

    /// <summary>What becomes of due times at which nobody looked; default one message for all.</summary>
    public MissedTimes Missed { get; init; } = MissedTimes.One;

    /// <summary>
    /// How late a time may be and count as on time with <see cref="MissedTimes.Skip"/>; zero to one day,
    /// default one minute.
    /// </summary>
    public TimeSpan Tolerance { get; init; } = TimeSpan.FromMinutes(1);

    internal void Validate()
    {
        ArgumentException.ThrowIfNullOrEmpty(Name);
        ArgumentNullException.ThrowIfNull(Recurrence);
        ArgumentNullException.ThrowIfNull(Message);
        ArgumentOutOfRangeException.ThrowIfLessThan(Tolerance, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Tolerance, TimeSpan.FromDays(1));
        if (!Enum.IsDefined(Missed))
        {
            throw new ArgumentOutOfRangeException(nameof(Missed), Missed, "There is no such value.");
        }

        Message.Validate();
        if (Message.Delay != TimeSpan.Zero || Message.DueAt is not null
            || Message.DeduplicationId is not null)
        {
            throw new ArgumentException(
                $"Recurring message '{Name}' has a delay, a due time or a deduplication id of its own; "
                + "its recurrence says when it is enqueued, once for each time.");
        }
    }
}

/// <summary>A recurring message as it is kept.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Message">What it is; null where it cannot be read.</param>
/// <param name="IsPaused">Whether it rests until it is resumed.</param>
/// <param name="NextDue">When it is due next; null for never again.</param>
/// <param name="LastDue">The due time that was enqueued last; null for none yet.</param>
/// <param name="Problem">Why it cannot be read, and so is never due; null where it can.</param>
public sealed record RecurringStatus(
    string Name,
    RecurringMessage? Message,
    bool IsPaused,
    DateTimeOffset? NextDue,
    DateTimeOffset? LastDue,
    string? Problem);

/// <summary>What a look at the recurring messages of a queue came to.</summary>
/// <param name="Enqueued">Messages that were enqueued.</param>
/// <param name="Failed">
/// Recurring messages that were due and could not be enqueued, or cannot be read; each was logged.
/// </param>
/// <param name="NextDue">When the next of them is due; null where none ever is.</param>
public readonly record struct RecurringRun(int Enqueued, int Failed, DateTimeOffset? NextDue);
