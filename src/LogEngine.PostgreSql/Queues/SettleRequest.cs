using LogEngine.PostgreSql.Connections;
using LogEngine.PostgreSql.Writing;
using Npgsql;

namespace LogEngine.PostgreSql.Queues;

/// <summary>What is done to a lease, or to what is in a queue; numbers as in functions.sql.</summary>
internal enum Settlement
{
    Renew = 1,
    GiveBack = 2,
    Bury = 3,
    BuryUnreadable = 4,
    DiscardDeadLetter = 5,
    DiscardDeadLetters = 6,
    Purge = 7,
    Delete = 8,
    Drop = 9,
}

/// <summary>What became of it.</summary>
/// <param name="Code">0: the lease is not current, or nothing is there; 1: done; 2: it is dead now, or was; 3: leased.</param>
/// <param name="Count">How many were removed.</param>
internal readonly record struct Settled(int Code, long Count);

/// <summary>One act on a lease or on a queue.</summary>
internal sealed class SettleRequest(Settlement what, LeaseOfMessage lease, Durability durability)
    : WriteRequest<Settled>(durability), IGroupPart
{
    private Settled _outcome;

    /// <summary>Of a renewal, how long; of a message that is given back, its delay.</summary>
    internal long Ticks { get; init; }

    /// <summary>Deliveries from which a message that is given back is dead; 0 for never.</summary>
    internal int MaxDeliveries { get; init; }

    internal byte[] Reason { get; init; } = [];

    public string Statement => "settle";

    internal override void AddTo(Group group)
    {
        if (what != Settlement.Renew)
        {
            group.UseGroup(lease.Queue, lease.Group);
        }

        group.Add(this);
    }

    public void AddParameters(NpgsqlParameterCollection to)
    {
        to.Put((int)what);
        to.Put(lease.Queue);
        to.Put(lease.Id);
        to.Put(lease.Token.Open);
        to.Put(lease.Token.Number);
        to.Put(Ticks);
        to.Put(MaxDeliveries);
        to.Put(Reason);
    }

    public async Task ReadAsync(NpgsqlDataReader reader)
    {
        await reader.ReadAsync(CancellationToken.None).ConfigureAwait(false);
        _outcome = new Settled(reader.GetInt32(0), reader.GetInt64(1));
    }

    public void Recall(IReadOnlyList<(int Code, long Number)> answers) =>
        _outcome = new Settled(answers[^1].Code, answers[^1].Number);

    protected override Settled Outcome() => _outcome;
}

/// <summary>A dead letter that is enqueued anew. Outcome: its new id; 0 where there is none of that id.</summary>
internal sealed class ReplayRequest(
    LeaseOfMessage letter, QueueRules rules, long lifeTicks, Durability durability)
    : WriteRequest<long>(durability), IGroupPart
{
    private int _code;
    private long _newId;

    public string Statement => "replay";

    internal override void AddTo(Group group)
    {
        group.Use(letter.Queue);
        group.UseGroup(letter.Queue, letter.Group);
        group.Add(this);
    }

    public void AddParameters(NpgsqlParameterCollection to)
    {
        to.Put(letter.Queue);
        to.Put(letter.Id);
        to.Put(lifeTicks);
        to.Put(rules.MaxCount);
        to.Put(rules.MaxBytes);
        to.Put(rules.DropsOldest);
    }

    public async Task ReadAsync(NpgsqlDataReader reader)
    {
        await reader.ReadAsync(CancellationToken.None).ConfigureAwait(false);
        _code = reader.GetInt32(0);
        _newId = reader.GetInt64(1);
    }

    public void Recall(IReadOnlyList<(int Code, long Number)> answers) =>
        (_code, _newId) = answers[^1];

    /// <exception cref="LogEngine.Stores.Queues.QueueFullException">There was no room.</exception>
    protected override long Outcome() => _code switch
    {
        0 => 0,
        1 => _newId,
        _ => throw new LogEngine.Stores.Queues.QueueFullException(letter.QueueName, rules.LimitText),
    };
}
