using LogEngine.PostgreSql.Connections;
using LogEngine.PostgreSql.Queues;
using Npgsql;

namespace LogEngine.PostgreSql.Writing;

/// <summary>What the server said to a request that is judged.</summary>
/// <param name="Code">-1: done; else what stood in the way, see functions.sql.</param>
/// <param name="Actual">The version that stood in the way.</param>
/// <param name="Hit">What the last operation found.</param>
/// <param name="First">The version of the first operation, where the server has given it; else 0.</param>
internal readonly record struct ApplyAnswer(int Code, long Actual, long Hit, long First)
{
    internal const int Done = -1;
    internal const int FirstLease = 1_000_000;
    internal const int FirstDuplicate = 2_000_000;
    internal const int FirstFull = 3_000_000;
    internal const int FirstDeletion = 4_000_000;
    internal const int FirstMessage = 5_000_000;
    internal const int FirstVersion = 9_000_000;

    internal bool IsDone => Code == Done;
}

/// <summary>
/// A request that has conditions, or operations that depend on what is there: it is judged and carried out by one
/// statement, all of it or nothing, whatever becomes of the others of its group.
/// </summary>
internal sealed class ApplyRequest(Durability durability) : WriteRequest<ApplyAnswer>(durability), IGroupPart
{
    private readonly List<short> _kinds = [];
    private readonly List<int> _keyspaces = [];
    private readonly List<byte[]> _keys = [];
    private readonly List<byte[]?> _values = [];
    private readonly List<long> _expires = [];
    private readonly List<long> _sums = [];
    private readonly List<int> _sequences = [];
    private readonly List<(int Keyspace, byte[] Key, long Version)> _conditions = [];
    private readonly List<LeaseOfMessage> _leases = [];
    private readonly List<DeletionOfMessage> _deletions = [];
    private readonly List<MessageOfQueue> _messages = [];
    private long _bytes = 256;
    private ApplyAnswer _answer;

    /// <summary>
    /// Version of the first operation; the others follow it. 0: the server gives them, in the order of commits.
    /// </summary>
    internal long FirstVersion { get; init; }

    private bool IsOrdered => FirstVersion == 0;

    internal int Count => _kinds.Count;

    internal override long Bytes => _bytes;

    /// <summary>
    /// Of a removal of a range its beginning; a keyspace that is dropped has none, nor one that is given here only.
    /// </summary>
    internal override IEnumerable<PointKey> Keys => Enumerable.Range(0, Count)
        .Where(i => _keys[i].Length > 0 && _sequences[i] < 0)
        .Select(i => new PointKey(_keyspaces[i], _keys[i]));

    /// <param name="kind">What it does.</param>
    /// <param name="keyspace">Number of the keyspace.</param>
    /// <param name="key">The key; zeros where its version goes.</param>
    /// <param name="value">The value, or the end of a range.</param>
    /// <param name="expiresTicks">From when it is absent; 0 for never.</param>
    /// <param name="sequenceAt">Where its version goes into the key; -1 for nowhere.</param>
    internal void Add(
        WriteOperationKind kind,
        int keyspace,
        byte[] key,
        byte[]? value,
        long expiresTicks,
        int sequenceAt = -1)
    {
        _sums.Add(
            kind == WriteOperationKind.Put
                ? Checksum.Of(key, IsOrdered ? 0 : FirstVersion + Count, value)
                : 0);
        _sequences.Add(sequenceAt);
        _kinds.Add((short)kind);
        _keyspaces.Add(keyspace);
        _keys.Add(key);
        _values.Add(value);
        _expires.Add(expiresTicks);
        _bytes += key.Length + (value?.Length ?? 0) + 64;
    }

    internal void Require(int keyspace, byte[] key, long version)
    {
        _conditions.Add((keyspace, key, version));
        _bytes += key.Length + 32;
    }

    internal void Acknowledge(in LeaseOfMessage lease) => _leases.Add(lease);

    internal void Delete(DeletionOfMessage deletion) => _deletions.Add(deletion);

    internal void Enqueue(MessageOfQueue message)
    {
        _messages.Add(message);
        _bytes += message.Message.Bytes + 64;
    }

    internal override void AddTo(Group group)
    {
        _answer = new ApplyAnswer(ApplyAnswer.Done, 0, 0, 0);
        for (int i = 0; i < Count; i++)
        {
            if (_sequences[i] >= 0)
            {
                // Nobody else has such a key.
                group.EnterShared(_keyspaces[i]);
                group.Order(_keyspaces[i]);
            }
            else if ((WriteOperationKind)_kinds[i]
                is WriteOperationKind.DeleteRange or WriteOperationKind.DropKeyspace)
            {
                group.EnterAlone(_keyspaces[i]);
            }
            else
            {
                group.EnterShared(_keyspaces[i]);
                group.Judge(new PointKey(_keyspaces[i], _keys[i]));
            }
        }

        foreach ((int keyspace, byte[] key, _) in _conditions)
        {
            group.EnterShared(keyspace);
            group.Judge(new PointKey(keyspace, key));
        }

        foreach (LeaseOfMessage lease in _leases)
        {
            group.UseGroup(lease.Queue, lease.Group);
        }

        group.Use(_messages);

        group.Add(this);
    }

    public string Statement => _messages.Count == 0 ? "apply" : "apply-and-enqueue";

    public void AddParameters(NpgsqlParameterCollection to)
    {
        to.Put(_kinds.ToArray());
        to.Put(_keyspaces.ToArray());
        to.Put(_keys.ToArray());
        to.Put(_values.Select(value => value ?? []).ToArray());
        to.Put(FirstVersion);
        to.Put(_expires.ToArray());
        to.Put(_sums.ToArray());
        to.Put(IsOrdered ? _sequences.ToArray() : []);
        to.Put(_conditions.Select(c => c.Keyspace).ToArray());
        to.Put(_conditions.Select(c => c.Key).ToArray());
        to.Put(_conditions.Select(c => c.Version).ToArray());
        to.Put(_leases.Select(l => l.Queue).ToArray());
        to.Put(_leases.Select(l => l.Id).ToArray());
        to.Put(_leases.Select(l => l.Token.Open).ToArray());
        to.Put(_leases.Select(l => l.Token.Number).ToArray());
        to.Put(_deletions.Select(d => d.Queue).ToArray());
        to.Put(_deletions.Select(d => d.Id).ToArray());
        if (_messages.Count > 0)
        {
            MessageOfQueue.AddParameters(to, _messages);
        }
    }

    public async Task ReadAsync(NpgsqlDataReader reader)
    {
        await reader.ReadAsync(CancellationToken.None).ConfigureAwait(false);
        _answer = new ApplyAnswer(
            reader.GetInt32(0), reader.GetInt64(1), reader.GetInt64(2), reader.GetInt64(4));
        if (_deletions.Count > 0 && _answer.IsDone)
        {
            int[] codes = reader.GetFieldValue<int[]>(3);
            for (int i = 0; i < codes.Length; i++)
            {
                _deletions[i].Code = codes[i];
            }
        }

        if (_messages.Count > 0 && _answer.IsDone)
        {
            long[] ids = reader.GetFieldValue<long[]>(5);
            for (int i = 0; i < ids.Length; i++)
            {
                _messages[i].Id = ids[i];
            }
        }
    }

    public void Recall(IReadOnlyList<(int Code, long Number)> answers)
    {
        _answer = new ApplyAnswer(ApplyAnswer.Done, 0, 0, 0);
        foreach ((int code, long number) in answers)
        {
            switch (code)
            {
                case ApplyAnswer.FirstVersion:
                    _answer = _answer with { First = number };
                    break;
                case >= ApplyAnswer.FirstMessage:
                    _messages[code - ApplyAnswer.FirstMessage].Id = number;
                    break;
                case >= ApplyAnswer.FirstDeletion:
                    _deletions[code - ApplyAnswer.FirstDeletion].Code = (int)number;
                    break;
                default:
                    _answer = _answer with { Code = code, Actual = number, Hit = number };
                    break;
            }
        }
    }

    protected override ApplyAnswer Outcome() => _answer;
}
