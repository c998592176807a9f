using LogEngine.PostgreSql.Connections;
using LogEngine.Stores.Queues;
using Npgsql;

namespace LogEngine.PostgreSql.Queues;

/// <summary>A lease of a message, as a part of a batch or a request.</summary>
/// <param name="Queue">Number of the queue.</param>
/// <param name="QueueName">Its name.</param>
/// <param name="Id">The message's id.</param>
/// <param name="Token">The lease.</param>
/// <param name="Group">Its group; null for none.</param>
internal readonly record struct LeaseOfMessage(
    int Queue, string QueueName, long Id, LeaseToken Token, byte[]? Group = null);

/// <summary>A message that a batch removes by its id.</summary>
/// <param name="queue">Number of the queue.</param>
/// <param name="id">The message's id.</param>
internal sealed class DeletionOfMessage(int queue, long id)
{
    internal int Queue => queue;

    internal long Id => id;

    /// <summary>What became of it, once the batch is committed; see functions.sql.</summary>
    internal int Code { get; set; }
}

/// <summary>What is judged before a message is enqueued.</summary>
/// <param name="MaxCount">Most messages; null for no limit.</param>
/// <param name="MaxBytes">Most bytes; null for no limit.</param>
/// <param name="DropsOldest">The oldest make room.</param>
/// <param name="WindowTicks">How long a deduplication id is remembered.</param>
internal sealed record QueueRules(long? MaxCount, long? MaxBytes, bool DropsOldest, long WindowTicks)
{
    internal bool HasLimit => MaxCount is not null || MaxBytes is not null;

    internal string LimitText => (MaxCount, MaxBytes) switch
    {
        ({ } messages, null) => $"{messages} messages",
        (null, { } bytes) => $"{bytes} bytes",
        var (messages, bytes) => $"{messages} messages or {bytes} bytes",
    };

    internal static QueueRules Of(QueueOptions options) => new(
        options.MaxMessages,
        options.MaxBytes,
        options.AtLimit == QueueLimitAction.DropOldest,
        options.DeduplicationWindow.Ticks);
}

/// <summary>A message that is enqueued into a queue.</summary>
/// <param name="Queue">Number of the queue.</param>
/// <param name="QueueName">Its name.</param>
/// <param name="Rules">What is judged.</param>
/// <param name="Message">The message.</param>
internal sealed record MessageOfQueue(
    int Queue, string QueueName, QueueRules Rules, OutgoingMessage Message)
{
    internal string LimitText => Rules.LimitText;

    /// <summary>Its id, once the batch that enqueues it is committed.</summary>
    internal long Id { get; set; }

    /// <summary>Parameters of messages of any queues, with what is judged of each.</summary>
    internal static void AddParameters(
        NpgsqlParameterCollection to, IReadOnlyList<MessageOfQueue> messages)
    {
        to.Put(messages.Select(m => m.Queue).ToArray());
        AddMessages(to, messages);
        to.Put(messages.Select(m => m.Message.UniqueKey).ToArray());
        to.Put(messages.Select(m => m.Rules.WindowTicks).ToArray());
        to.Put(messages.Select(m => m.Rules.MaxCount).ToArray());
        to.Put(messages.Select(m => m.Rules.MaxBytes).ToArray());
        to.Put(messages.Select(m => m.Rules.DropsOldest).ToArray());
    }

    /// <summary>The eight arrays of what the messages are.</summary>
    internal static void AddMessages(
        NpgsqlParameterCollection to, IReadOnlyList<MessageOfQueue> messages)
    {
        to.Put(messages.Select(m => (short)m.Message.Lane).ToArray());
        to.Put(messages.Select(m => m.Message.DueTicks).ToArray());
        to.Put(messages.Select(m => m.Message.DelayTicks).ToArray());
        to.Put(messages.Select(m => m.Message.LifeTicks).ToArray());
        to.Put(messages.Select(m => m.Message.Sum).ToArray());
        to.Put(messages.Select(m => m.Message.Headers).ToArray());
        to.Put(messages.Select(m => (byte[]?)m.Message.Body).ToArray());
        to.Put(messages.Select(m => m.Message.Group).ToArray());
    }
}
