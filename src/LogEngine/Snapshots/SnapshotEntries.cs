using LogEngine.Engine;
using LogEngine.Index;

namespace LogEngine.Snapshots;

/// <summary>Takes a snapshot's entries into an empty index.</summary>
/// <remarks>
/// In order they are built into it. With the first that is out of order the rest is put in one by
/// one, if that is asked for.
/// </remarks>
internal sealed class SnapshotEntries : IDisposable
{
    private readonly CommittedIndex _into;
    private readonly SnapshotOrder _order;
    private readonly PendingKeyspaces _keyspaces;
    private readonly List<IndexValue> _older = [];
    private IndexBuilder? _builder;

    internal SnapshotEntries(
        CommittedIndex into, SnapshotOrder order, PendingKeyspaces keyspaces)
    {
        _into = into;
        _order = order;
        _keyspaces = keyspaces;
        _builder = into.Index.Build();
    }

    /// <summary>Takes the next entry; false if it is not above the one before and must be.</summary>
    internal bool TryAdd(ReadOnlySpan<byte> key, in IndexValue value)
    {
        if (_builder is { } builder)
        {
            if (builder.TryAdd(key, in value))
            {
                return true;
            }

            _order.IsBroken = true;
            if (!_order.Mends)
            {
                return false;
            }

            Complete(builder);
        }

        Merge(key, in value);
        return true;
    }

    /// <summary>Makes all that was taken the index's unpublished state.</summary>
    internal void Complete()
    {
        if (_builder is { } builder)
        {
            Complete(builder);
        }

        // Not before all chunks are in.
        foreach (IndexValue old in _older)
        {
            _into.Forget(in old, sequence: 0);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _builder?.Dispose();

    private void Complete(IndexBuilder builder)
    {
        builder.Complete();
        _builder = null;
    }

    private void Merge(ReadOnlySpan<byte> key, in IndexValue value)
    {
        if (!_into.Index.TryGetPending(key, out IndexValue had))
        {
            _into.Index.Put(key, in value, out _);
            _order.Misplaced++;
            return;
        }

        // The keyspace counted both.
        _keyspaces.Count(IndexKey.KeyspaceOf(key), -1);
        _order.Doubled++;
        bool isNewer = value.Version > had.Version;
        if (isNewer)
        {
            _into.Index.Put(key, in value, out _);
        }

        // Two of one version have one set of chunks between them.
        IndexValue older = isNewer ? had : value;
        if (value.Version != had.Version || !new Location(older.Location).IsChunkSet)
        {
            _older.Add(older);
        }
    }
}
