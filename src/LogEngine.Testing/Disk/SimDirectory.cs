namespace LogEngine.Testing.Disk;

/// <summary>
/// A directory: the names that are seen, the durable ones, and what lies between.
/// </summary>
internal sealed class SimDirectory
{
    private static long _lastId;

    private readonly Dictionary<string, SimInode> _durable;
    private readonly List<DirectoryChange> _pending = [];

    internal SimDirectory()
        : this([])
    {
    }

    internal SimDirectory(Dictionary<string, SimInode> durable)
    {
        _durable = durable;
        Names = new SortedDictionary<string, SimInode>(durable, StringComparer.Ordinal);
    }

    /// <summary>Tells directories apart, whatever their paths.</summary>
    internal ulong Id { get; } = (ulong)Interlocked.Increment(ref _lastId);

    internal SortedDictionary<string, SimInode> Names { get; }

    internal IReadOnlyList<DirectoryChange> Pending => _pending;

    internal void Change(DirectoryChange change)
    {
        change.ApplyTo(Names);
        _pending.Add(change);
    }

    internal void Sync()
    {
        foreach (DirectoryChange change in _pending)
        {
            change.ApplyTo(_durable);
        }

        _pending.Clear();
    }

    /// <summary>Somebody from outside removes all that is in it, for good.</summary>
    internal void Clear()
    {
        Names.Clear();
        _pending.Clear();
        _durable.Clear();
    }

    internal DirectorySnapshot Snapshot() => new(new(_durable), [.. _pending]);

    /// <summary>Every file that a name leads to, or may lead to after a crash.</summary>
    internal IEnumerable<SimInode> Inodes() => Names.Values
        .Concat(_durable.Values)
        .Concat(_pending.Where(c => c.Inode is not null).Select(c => c.Inode!))
        .Distinct();
}
