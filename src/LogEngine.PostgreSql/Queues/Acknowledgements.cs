using LogEngine.PostgreSql.Connections;
using LogEngine.PostgreSql.Writing;
using Npgsql;

namespace LogEngine.PostgreSql.Queues;

/// <summary>The plain acknowledgements of a group: one statement removes all of their messages.</summary>
internal sealed class Acknowledgements : IGroupPart
{
    private readonly List<LeaseOfMessage> _leases = [];
    private readonly HashSet<int> _refused = [];

    public string Statement => "acknowledge";

    /// <summary>Adds one; gives its place.</summary>
    internal int Add(in LeaseOfMessage lease)
    {
        _leases.Add(lease);
        return _leases.Count;
    }

    /// <summary>Its lease was not current, and nothing became of it.</summary>
    internal bool IsRefused(int place) => _refused.Contains(place);

    internal void Close(Group group)
    {
        if (_leases.Count > 0)
        {
            group.Add(this);
        }
    }

    public void AddParameters(NpgsqlParameterCollection to)
    {
        to.Put(_leases.Select(l => l.Queue).ToArray());
        to.Put(_leases.Select(l => l.Id).ToArray());
        to.Put(_leases.Select(l => l.Token.Open).ToArray());
        to.Put(_leases.Select(l => l.Token.Number).ToArray());
    }

    public async Task ReadAsync(NpgsqlDataReader reader)
    {
        await reader.ReadAsync(CancellationToken.None).ConfigureAwait(false);
        _refused.UnionWith(reader.GetFieldValue<int[]>(0));
    }

    public void Recall(IReadOnlyList<(int Code, long Number)> answers) =>
        _refused.UnionWith(answers.Select(answer => answer.Code));
}

/// <summary>A message that is acknowledged by itself. Outcome: whether its lease was current.</summary>
internal sealed class AcknowledgeRequest(LeaseOfMessage lease, Durability durability)
    : WriteRequest<bool>(durability)
{
    private Acknowledgements? _all;
    private int _place;

    internal override void AddTo(Group group)
    {
        group.UseGroup(lease.Queue, lease.Group);
        _all = group.Acknowledgements;
        _place = _all.Add(lease);
    }

    protected override bool Outcome() => !_all!.IsRefused(_place);
}
