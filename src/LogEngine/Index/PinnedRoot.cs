namespace LogEngine.Index;

/// <summary>A state of the index that stays readable until it is disposed.</summary>
/// <remarks>
/// All members may be called from any thread, also while another disposes it: a read that is under
/// way ends normally, a later one throws <see cref="ObjectDisposedException"/>.
/// </remarks>
internal sealed class PinnedRoot : IDisposable
{
    private readonly OrderedIndex _index;
    private readonly IndexRoot _root;
    private int _disposed;

    internal PinnedRoot(OrderedIndex index, IndexRoot root)
    {
        _index = index;
        _root = root;
    }

    internal long Sequence => _root.Sequence;

    internal object? Tag => _root.Tag;

    internal long Generation => _root.Generation;

    internal long Count => _root.Count;

    internal bool IsDisposed => Volatile.Read(ref _disposed) != 0 || _index.IsDisposed;

    internal PageArena Arena => _index.Arena;

    internal uint PageId => _root.PageId;

    /// <summary>Looks a key up.</summary>
    internal bool TryGet(ReadOnlySpan<byte> key, out IndexValue value)
    {
        IndexInvariant.RequireKey(key.Length);
        int slot = Enter();
        try
        {
            return TreeReader.TryGet(Arena, PageId, key, out value);
        }
        finally
        {
            Exit(slot);
        }
    }

    /// <summary>Looks several keys up, as <see cref="OrderedIndex.TryGetMany"/> does.</summary>
    internal int TryGetMany(
        ReadOnlySpan<byte> keys,
        ReadOnlySpan<int> ends,
        Span<IndexValue> values,
        Span<bool> found)
    {
        IndexInvariant.RequireKeys(keys.Length, ends, values.Length, found.Length);
        int slot = Enter();
        try
        {
            return TreeReader.TryGetMany(Arena, PageId, keys, ends, values, found);
        }
        finally
        {
            Exit(slot);
        }
    }

    /// <summary>
    /// Opens a cursor in front of the first entry of a range, or behind the last.
    /// </summary>
    /// <param name="from">First key; empty = from the beginning.</param>
    /// <param name="to">First key behind the range; empty = to the end.</param>
    /// <param name="backward">Whether it starts behind the last entry and goes down.</param>
    internal IndexCursor Seek(
        ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, bool backward = false)
    {
        IndexInvariant.RequireBound(from.Length);
        IndexInvariant.RequireBound(to.Length);
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        return new IndexCursor(this, from, to, backward);
    }

    /// <summary>Counts the entries of a range; it looks at one line of each leaf.</summary>
    /// <param name="from">First key; empty = from the beginning.</param>
    /// <param name="to">First key behind the range; empty = to the end.</param>
    internal long CountRange(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to)
    {
        IndexInvariant.RequireBound(from.Length);
        IndexInvariant.RequireBound(to.Length);
        int slot = Enter();
        try
        {
            return from.IsEmpty && to.IsEmpty ? Count : RangeCounter.Count(Arena, PageId, from, to);
        }
        finally
        {
            Exit(slot);
        }
    }

    /// <summary>Checks the whole tree.</summary>
    /// <returns>How many pages it has.</returns>
    /// <exception cref="InvalidOperationException">It is broken.</exception>
    internal long Check(TreeWalk walk)
    {
        int slot = Enter();
        try
        {
            walk.Check(PageId, Count, Generation);
            return walk.Pages;
        }
        finally
        {
            Exit(slot);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            _index.Unpin(Generation);
        }
    }

    /// <summary>
    /// Says that the state is being read, and then looks whether it still may be.
    /// </summary>
    /// <returns>What <see cref="Exit"/> wants.</returns>
    internal int Enter()
    {
        int slot = _index.Slots.EnterPinned(Generation);
        if (IsDisposed)
        {
            Exit(slot);
            throw new ObjectDisposedException(nameof(PinnedRoot));
        }

        return slot;
    }

    internal void Exit(int slot) => _index.Exit(slot);
}

/// <summary>A published state of the index; never changes.</summary>
/// <param name="PageId">Its topmost page; 0 = it is empty.</param>
/// <param name="Generation">Rises by one with each publication.</param>
/// <param name="Count">Entries.</param>
/// <param name="Sequence">The publisher's: what the state stands for.</param>
/// <param name="Tag">The publisher's: immutable facts that belong to the state.</param>
internal sealed record IndexRoot(
    uint PageId, long Generation, long Count, long Sequence, object? Tag);
