using System.Text;
using LogEngine.PostgreSql.Connections;
using LogEngine.PostgreSql.Queues;
using Npgsql;

namespace LogEngine.PostgreSql.Writing;

/// <summary>A statement of a group that has an answer.</summary>
internal interface IGroupPart
{
    /// <summary>Name of the statement; its first parameter is the part's number within the group.</summary>
    string Statement { get; }

    /// <summary>Adds its parameters, from the second on.</summary>
    void AddParameters(NpgsqlParameterCollection to);

    /// <summary>Reads what was answered.</summary>
    Task ReadAsync(NpgsqlDataReader reader);

    /// <summary>The same from what the server has kept, where the answer itself was lost.</summary>
    void Recall(IReadOnlyList<(int Code, long Number)> answers);
}

/// <summary>
/// Writes that are committed together: one pipeline of statements, one transaction, one round trip. The transaction
/// is the implicit one of the pipeline, so that its commit is on its way with its first statement.
/// </summary>
internal sealed class Group
{
    private readonly List<IGroupPart> _parts = [];
    private readonly SortedSet<int> _shared = [];
    private readonly SortedSet<int> _alone = [];
    private readonly SortedSet<int> _ordered = [];
    private readonly SortedSet<int> _queues = [];
    private readonly HashSet<PointKey> _groups = [];
    private readonly HashSet<PointKey> _judged = [];
    private readonly Acknowledgements _acknowledgements = new();
    private readonly Enqueues _enqueues = new();

    private Group(IReadOnlyList<WriteRequest> requests) => Requests = requests;

    internal IReadOnlyList<WriteRequest> Requests { get; }

    internal PointSet Points { get; } = new();

    /// <summary>The level of its commit: that of the one who asks for most.</summary>
    internal Durability Durability { get; private set; }

    internal Acknowledgements Acknowledgements => _acknowledgements;

    internal Enqueues Enqueues => _enqueues;

    internal static Group Of(IReadOnlyList<WriteRequest> requests)
    {
        Group group = new(requests);
        foreach (WriteRequest request in requests)
        {
            request.AddTo(group);
            if (request.Durability > group.Durability)
            {
                group.Durability = request.Durability;
            }
        }

        group.Close();
        return group;
    }

    internal void Add(IGroupPart part) => _parts.Add(part);

    internal void EnterShared(int keyspace) => _shared.Add(keyspace);

    internal void EnterAlone(int keyspace) => _alone.Add(keyspace);

    /// <summary>Commits that write to the keyspace in such a way go one after the other.</summary>
    internal void Order(int keyspace) => _ordered.Add(keyspace);

    internal void Use(int queue) => _queues.Add(queue);

    /// <summary>Messages are enqueued.</summary>
    internal void Use(IReadOnlyList<MessageOfQueue> messages)
    {
        foreach (MessageOfQueue message in messages)
        {
            Use(message.Queue);
            UseGroup(message.Queue, message.Message.Group);
        }
    }

    /// <summary>A message of a group comes or goes: the groups are locked first, in one order by everybody.</summary>
    internal void UseGroup(int queue, byte[]? group)
    {
        if (group is not null)
        {
            _groups.Add(new PointKey(queue, group));
        }
    }

    /// <summary>A key that is looked at before it is written: it is locked before anything is done.</summary>
    internal void Judge(PointKey key) => _judged.Add(key);

    /// <summary>Keyspaces that it writes to.</summary>
    internal IEnumerable<int> Keyspaces => _shared.Concat(_alone);

    /// <summary>The statements, but for the last one, which ends the group.</summary>
    internal void AddTo(NpgsqlBatch batch, Statements sql)
    {
        if (_shared.Count + _alone.Count > 0)
        {
            NpgsqlParameterCollection enter = New(batch, sql["enter"]);
            enter.Put(_shared.Except(_alone).ToArray());
            enter.Put(_alone.ToArray());
            enter.Put(_ordered.ToArray());
        }

        if (_queues.Count > 0)
        {
            New(batch, sql["use-queue"]).Put(_queues.ToArray());
        }

        if (_groups.Count > 0)
        {
            NpgsqlParameterCollection groups = New(batch, sql["use-groups"]);
            groups.Put(_groups.Select(group => group.Keyspace).ToArray());
            groups.Put(_groups.Select(group => group.Key).ToArray());
        }

        AddPoints(batch, sql);
        for (int i = 0; i < _parts.Count; i++)
        {
            NpgsqlParameterCollection part = New(batch, sql[_parts[i].Statement]);
            part.Put(i);
            _parts[i].AddParameters(part);
        }
    }

    /// <summary>Reads what was answered to all statements.</summary>
    internal async Task ReadAsync(NpgsqlDataReader reader)
    {
        // Those before the parts answer with nothing that is of use.
        int before = LeadingResults;
        for (int i = 0; i < before + _parts.Count; i++)
        {
            if (i >= before)
            {
                await _parts[i - before].ReadAsync(reader).ConfigureAwait(false);
            }

            await reader.NextResultAsync(CancellationToken.None).ConfigureAwait(false);
        }

        while (await reader.NextResultAsync(CancellationToken.None).ConfigureAwait(false))
        {
            // To the end: only then is the commit confirmed.
        }
    }

    /// <summary>Gives the parts what the server has kept of their answers.</summary>
    internal void Recall(ReadOnlySpan<byte> kept)
    {
        List<(int Code, long Number)>[] answers = new List<(int, long)>[_parts.Count];
        foreach (string one in Encoding.UTF8.GetString(kept)
            .Split(';', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] words = one.Split(' ');
            int part = int.Parse(words[0], System.Globalization.CultureInfo.InvariantCulture);
            (answers[part] ??= []).Add((
                int.Parse(words[1], System.Globalization.CultureInfo.InvariantCulture),
                long.Parse(words[2], System.Globalization.CultureInfo.InvariantCulture)));
        }

        for (int i = 0; i < answers.Length; i++)
        {
            _parts[i].Recall(answers[i] ?? []);
        }
    }

    /// <summary>Statements before the parts that answer with rows: others give no result set.</summary>
    private int LeadingResults => (_shared.Count + _alone.Count > 0 ? 1 : 0)
        + (_groups.Count > 0 ? 1 : 0) + (Locks ? 1 : 0);

    private bool Locks => _judged.Count > 1 || (_judged.Count > 0 && Points.Count > 0) || DeletesMany;

    private bool DeletesMany { get; set; }

    private void Close()
    {
        foreach (PointKey key in Points.Keys)
        {
            _shared.Add(key.Keyspace);
        }

        DeletesMany = Points.Deletes.Skip(1).Any();
        _acknowledgements.Close(this);
        _enqueues.Close(this);
    }

    private void AddPoints(NpgsqlBatch batch, Statements sql)
    {
        if (Locks)
        {
            PointKey[] keys = [.. _judged.Union(Points.Keys)];
            NpgsqlParameterCollection to = New(batch, sql["lock"]);
            to.Put(keys.Select(key => key.Keyspace).ToArray());
            to.Put(keys.Select(key => key.Key).ToArray());
        }

        PointWrite[] puts = [.. Points.Puts];
        if (puts.Length > 0)
        {
            NpgsqlParameterCollection to = New(batch, sql["put"]);
            to.Put(Array.ConvertAll(puts, put => put.Keyspace));
            to.Put(Array.ConvertAll(puts, put => put.Key));
            to.Put(Array.ConvertAll(puts, put => put.Version));
            to.Put(Array.ConvertAll(puts, put => put.ExpiresTicks));
            to.Put(Array.ConvertAll(puts, put => Checksum.Of(put.Key, put.Version, put.Value)));
            to.Put(Array.ConvertAll(puts, put => put.Value));
        }

        PointWrite[] deletes = [.. Points.Deletes];
        if (deletes.Length > 0)
        {
            NpgsqlParameterCollection to = New(batch, sql["delete"]);
            to.Put(Array.ConvertAll(deletes, delete => delete.Keyspace));
            to.Put(Array.ConvertAll(deletes, delete => delete.Key));
            to.Put(Array.ConvertAll(deletes, delete => delete.Version));
        }
    }

    internal static NpgsqlParameterCollection New(NpgsqlBatch batch, string text)
    {
        NpgsqlBatchCommand command = new(text);
        batch.BatchCommands.Add(command);
        return command.Parameters;
    }
}
