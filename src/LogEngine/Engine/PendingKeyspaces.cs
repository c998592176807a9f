using System.Collections.Immutable;

namespace LogEngine.Engine;

/// <summary>The keyspaces as the operations applied so far leave them, and how many keys each has.</summary>
/// <remarks>
/// Not thread-safe: the commit role's, or recovery's before there is one. Everything here costs the
/// same whether there are ten keyspaces or a million.
/// </remarks>
internal sealed class PendingKeyspaces
{
    private readonly IdMap<string> _names = new();
    private readonly IdMap<long> _counts = new();
    private readonly ImmutableDictionary<string, uint>.Builder _ids =
        ImmutableDictionary.CreateBuilder<string, uint>(StringComparer.Ordinal);

    private long _keys;

    /// <summary>Something has changed since the last freeze.</summary>
    private bool _changed = true;

    /// <summary>What was frozen last; null where names have changed since.</summary>
    private KeyspaceTable? _table;

    /// <summary>
    /// The keyspace counted last, and what its count has changed by: most operations of a group are in
    /// the same one.
    /// </summary>
    private uint _counted;
    private long _change;
    private bool _countedExists;

    internal PendingKeyspaces() => Frozen = Freeze();

    /// <summary>As it was frozen last.</summary>
    internal RootFacts Frozen { get; private set; }

    /// <summary>Above every id that the log has ever used.</summary>
    internal uint NextId { get; private set; } = 1;

    internal bool Contains(uint id)
    {
        if (id != _counted)
        {
            Enter(id);
        }

        return _countedExists;
    }

    internal bool TryGetId(string name, out uint id) => _ids.TryGetValue(name, out id);

    /// <summary>An id below this was used once; ids are never used again.</summary>
    internal void SkipIdsBelow(uint nextId)
    {
        NextId = Math.Max(NextId, nextId);
        NoteNames();
    }

    /// <summary>Adds a keyspace; false where the id is none, or id or name are taken.</summary>
    internal bool TryAdd(uint id, string name)
    {
        if (KeyspaceTable.IsHidden(id) || Contains(id) || !_ids.TryAdd(name, id))
        {
            return false;
        }

        _names.Set(id, name);
        _countedExists = true;
        SkipIdsBelow(id + 1);
        return true;
    }

    /// <summary>Removes a keyspace with its count.</summary>
    internal void Remove(uint id)
    {
        if (!Contains(id))
        {
            return;
        }

        Enter(KeyspaceTable.Chunks);
        _ids.Remove(_names[id]!);
        _names.Set(id, null);
        _keys -= _counts[id];
        _counts.Set(id, 0);
        NoteNames();
    }

    /// <summary>Notes that a keyspace has so many keys more; of one that does not exist, nothing.</summary>
    internal void Count(uint id, long change)
    {
        if (Contains(id))
        {
            _change += change;
        }
    }

    /// <summary>Everything as it is now, for good.</summary>
    internal RootFacts Freeze()
    {
        Settle();
        if (_changed)
        {
            _changed = false;
            _table ??= new KeyspaceTable(_names.Freeze(), _ids.ToImmutable(), NextId);
            Frozen = new RootFacts(_table, _counts.Freeze(), _keys);
        }

        return Frozen;
    }

    private void Enter(uint id)
    {
        Settle();
        _counted = id;
        _countedExists = _names[id] is not null;
    }

    private void Settle()
    {
        if (_change != 0)
        {
            _counts.Set(_counted, _counts[_counted] + _change);
            _keys += _change;
            _change = 0;
            _changed = true;
        }
    }

    private void NoteNames()
    {
        _table = null;
        _changed = true;
    }
}
