using LogEngine.PostgreSql.Connections;
using LogEngine.PostgreSql.Writing;
using Npgsql;

namespace LogEngine.PostgreSql.Queues;

/// <summary>The plain enqueues of a group: a statement for every 1,024 messages of whatever queues.</summary>
internal sealed class Enqueues
{
    private const int MostAtOnce = 1024;

    private readonly List<MessageOfQueue> _messages = [];
    private readonly List<Part> _parts = [];

    /// <summary>Adds some; gives the place of the first.</summary>
    internal int Add(IReadOnlyList<MessageOfQueue> messages)
    {
        _messages.AddRange(messages);
        return _messages.Count - messages.Count;
    }

    /// <summary>The id that a message has got.</summary>
    internal long IdOf(int place) => _parts[place / MostAtOnce].First + (place % MostAtOnce);

    internal void Close(Group group)
    {
        for (int from = 0; from < _messages.Count; from += MostAtOnce)
        {
            Part part = new(_messages.GetRange(from, Math.Min(MostAtOnce, _messages.Count - from)));
            _parts.Add(part);
            group.Add(part);
        }
    }

    private sealed class Part(List<MessageOfQueue> messages) : IGroupPart
    {
        internal long First { get; private set; }

        public string Statement => "enqueue";

        public void AddParameters(NpgsqlParameterCollection to)
        {
            to.Put(messages.Select(m => m.Queue).ToArray());
            MessageOfQueue.AddMessages(to, messages);
        }

        public async Task ReadAsync(NpgsqlDataReader reader)
        {
            await reader.ReadAsync(CancellationToken.None).ConfigureAwait(false);
            First = reader.GetInt64(0);
        }

        public void Recall(IReadOnlyList<(int Code, long Number)> answers) => First = answers[0].Number;
    }
}

/// <summary>Messages of which nothing has to be judged. Outcome: their ids.</summary>
internal sealed class EnqueueRequest(IReadOnlyList<MessageOfQueue> messages, Durability durability)
    : WriteRequest<long[]>(durability)
{
    private Enqueues? _all;
    private int _place;

    internal override long Bytes => messages.Sum(m => m.Message.Bytes + 64);

    internal override void AddTo(Group group)
    {
        group.Use(messages);
        _all = group.Enqueues;
        _place = _all.Add(messages);
    }

    protected override long[] Outcome()
    {
        long[] ids = new long[messages.Count];
        for (int i = 0; i < ids.Length; i++)
        {
            ids[i] = _all!.IdOf(_place + i);
        }

        return ids;
    }
}

/// <summary>What became of messages of which something had to be judged.</summary>
/// <param name="Ids">Their ids; of a duplicate that of the first one.</param>
/// <param name="AreNew">Which are no duplicates.</param>
/// <param name="Dropped">Messages that made room.</param>
internal sealed record JudgedEnqueues(long[] Ids, bool[] AreNew, int Dropped);

/// <summary>
/// Messages of one queue that have deduplication ids, or of a queue with a limit: those that are no duplicates, or none
/// where there is no room.
/// </summary>
internal sealed class TryEnqueueRequest(
    IReadOnlyList<MessageOfQueue> messages, Durability durability)
    : WriteRequest<JudgedEnqueues>(durability), IGroupPart
{
    private JudgedEnqueues? _outcome;

    internal override long Bytes => messages.Sum(m => m.Message.Bytes + 64);

    public string Statement => "try-enqueue";

    private MessageOfQueue First => messages[0];

    internal override void AddTo(Group group)
    {
        group.Use(messages);
        group.Add(this);
    }

    public void AddParameters(NpgsqlParameterCollection to)
    {
        to.Put(First.Queue);
        MessageOfQueue.AddMessages(to, messages);
        to.Put(messages.Select(m => m.Message.UniqueKey).ToArray());
        to.Put(First.Rules.WindowTicks);
        to.Put(First.Rules.MaxCount);
        to.Put(First.Rules.MaxBytes);
        to.Put(First.Rules.DropsOldest);
    }

    public async Task ReadAsync(NpgsqlDataReader reader)
    {
        await reader.ReadAsync(CancellationToken.None).ConfigureAwait(false);
        _outcome = reader.GetInt32(0) == 0
            ? new JudgedEnqueues(
                reader.GetFieldValue<long[]>(2), reader.GetFieldValue<bool[]>(3), reader.GetInt32(1))
            : null;
    }

    public void Recall(IReadOnlyList<(int Code, long Number)> answers)
    {
        if (answers.Count == 0 || answers[^1].Code != -1)
        {
            _outcome = null;
            return;
        }

        (int Code, long Number)[] each = [.. answers.SkipLast(1)];
        _outcome = new JudgedEnqueues(
            Array.ConvertAll(each, one => one.Number),
            Array.ConvertAll(each, one => one.Code == 1),
            (int)answers[^1].Number);
    }

    /// <exception cref="LogEngine.Stores.Queues.QueueFullException">There was no room.</exception>
    protected override JudgedEnqueues Outcome() => _outcome
        ?? throw new LogEngine.Stores.Queues.QueueFullException(First.QueueName, First.LimitText);
}
