namespace LogEngine.Index;

/// <summary>
/// An ordered map from keys to <see cref="IndexValue"/>: a copy-on-write B+tree in native memory.
/// </summary>
/// <remarks>
/// One writer, whose calls the caller serialises; any number of readers on any threads, which take
/// no lock and see published states only. A key has 1 to
/// <see cref="IndexLimits.MaxKeyBytes"/> bytes; keys are ordered byte by byte, unsigned.
/// </remarks>
internal sealed unsafe class OrderedIndex : IDisposable
{
    private readonly PageArena _arena;
    private readonly ReaderSlots _slots = new();
    private readonly PinTable _pins;
    private readonly RetiredPages _retired;
    private readonly TreeParts _parts;
    private readonly TreeWriter _writer;

    /// <summary>What readers see; null = disposed.</summary>
    private IndexRoot? _published = new(0, 0, 0, 0, null);

    internal OrderedIndex(IndexOptions options)
    {
        options.Validate();
        _arena = new PageArena(options);
        _pins = new PinTable(_arena, _slots);
        _retired = new RetiredPages(_arena, _slots, _pins);
        _parts = new TreeParts(_arena, _retired);
        _writer = new TreeWriter(_parts);
    }

    /// <summary>Whether there are changes that readers do not see yet. The writer's.</summary>
    internal bool HasPending { get; private set; }

    /// <summary>Entries, unpublished changes included. The writer's.</summary>
    internal long PendingCount => HasPending ? _writer.Count : Published.Count;

    /// <summary>Of the published state; rises by one with each publication.</summary>
    internal long Generation => Published.Generation;

    /// <summary>Entries of the published state.</summary>
    internal long Count => Published.Count;

    /// <summary>What the published state stands for.</summary>
    internal long Sequence => Published.Sequence;

    /// <summary>What was published with the state.</summary>
    internal object? Tag => Published.Tag;

    internal PageArena Arena => _arena;

    internal ReaderSlots Slots => _slots;

    internal bool IsDisposed => Volatile.Read(ref _published) is null;

    internal IndexStatistics Statistics
    {
        get
        {
            IndexRoot root = Published;
            long free = _arena.FreeCount;
            long oldest = _pins.OldestGeneration;
            return new IndexStatistics
            {
                Count = root.Count,
                Generation = root.Generation,
                ReservedBytes = _arena.ReservedBytes,
                UsedPages = Math.Max(0, _arena.TouchedPages - free),
                FreePages = free,
                RetiredPages = _retired.Count,
                PinnedPages = _pins.HeldPages,
                Pins = _pins.Count,
                OldestPinAge = oldest == long.MaxValue ? 0 : root.Generation - oldest,
            };
        }
    }

    private IndexRoot Published
    {
        get
        {
            IndexRoot? root = Volatile.Read(ref _published);
            ObjectDisposedException.ThrowIf(root is null, this);
            return root;
        }
    }

    /// <summary>Topmost page, unpublished changes included; asked in vain once disposed.</summary>
    private uint PendingPageId
    {
        get
        {
            uint published = Published.PageId;
            return HasPending ? _writer.Root : published;
        }
    }

    /// <summary>Looks a key up, unpublished changes included. The writer's.</summary>
    internal bool TryGetPending(ReadOnlySpan<byte> key, out IndexValue value)
    {
        IndexInvariant.RequireKey(key.Length);
        return TreeReader.TryGet(_arena, PendingPageId, key, out value);
    }

    /// <summary>Looks several keys up, unpublished changes included. The writer's.</summary>
    /// <inheritdoc cref="TryGetMany"/>
    internal int TryGetManyPending(
        ReadOnlySpan<byte> keys,
        ReadOnlySpan<int> ends,
        Span<IndexValue> values,
        Span<bool> found)
    {
        IndexInvariant.RequireKeys(keys.Length, ends, values.Length, found.Length);
        return TreeReader.TryGetMany(_arena, PendingPageId, keys, ends, values, found);
    }

    /// <summary>Adds or replaces. The writer's.</summary>
    /// <returns>Whether there was an old value.</returns>
    internal bool Put(ReadOnlySpan<byte> key, in IndexValue value, out IndexValue old)
    {
        IndexInvariant.RequireKey(key.Length);
        BeginChange();
        fixed (byte* bytes = key)
        {
            return _writer.Put(bytes, key.Length, in value, out old);
        }
    }

    /// <summary>
    /// Replaces a location if it is the one expected; version and expiry stay. The writer's.
    /// </summary>
    /// <param name="key">The key.</param>
    /// <param name="expectedLocation">What it must be.</param>
    /// <param name="newLocation">What it becomes.</param>
    /// <param name="now">What the key has after the call; default if it is absent.</param>
    internal bool TryReplaceLocation(
        ReadOnlySpan<byte> key, ulong expectedLocation, ulong newLocation, out IndexValue now)
    {
        if (!TryGetPending(key, out now) || now.Location != expectedLocation)
        {
            return false;
        }

        BeginChange();
        fixed (byte* bytes = key)
        {
            now = _writer.ReplaceLocation(bytes, key.Length, newLocation);
            return true;
        }
    }

    /// <summary>Takes a key out. The writer's.</summary>
    /// <returns>Whether it was there.</returns>
    internal bool Remove(ReadOnlySpan<byte> key, out IndexValue old)
    {
        if (!TryGetPending(key, out old))
        {
            return false;
        }

        BeginChange();
        fixed (byte* bytes = key)
        {
            _writer.Remove(bytes, key.Length);
            return true;
        }
    }

    /// <summary>
    /// Takes out all keys from one on and below another, whole pages at a time. The writer's.
    /// </summary>
    /// <param name="from">First key; empty = from the beginning.</param>
    /// <param name="to">First key behind the range; empty = to the end.</param>
    /// <param name="visit">Told of each entry that is taken out, once and in order.</param>
    /// <returns>How many there were.</returns>
    internal long RemoveRange(
        ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, RemovedVisitor visit)
    {
        IndexInvariant.RequireBound(from.Length);
        IndexInvariant.RequireBound(to.Length);
        if (PendingCount == 0 || (!to.IsEmpty && from.SequenceCompareTo(to) >= 0))
        {
            return 0;
        }

        BeginChange();
        fixed (byte* first = from)
        fixed (byte* end = to)
        {
            return _writer.RemoveRange(first, from.Length, end, to.Length, visit);
        }
    }

    /// <summary>Starts to fill an empty index in ascending order. The writer's.</summary>
    /// <exception cref="InvalidOperationException">The index is not empty.</exception>
    internal IndexBuilder Build()
    {
        IndexInvariant.Require(PendingCount == 0, "only an empty index is built");
        BeginChange();
        return new IndexBuilder(_parts, _writer);
    }

    /// <summary>Lets readers see all changes at once. The writer's.</summary>
    /// <param name="sequence">What the state stands for.</param>
    /// <param name="tag">Immutable facts that belong to it.</param>
    internal void Publish(long sequence, object? tag)
    {
        IndexRoot old = Published;
        IndexRoot root = new(
            HasPending ? _writer.Root : old.PageId,
            old.Generation + 1,
            HasPending ? _writer.Count : old.Count,
            sequence,
            tag);
        HasPending = false;
        _retired.Publish();
        Volatile.Write(ref _published, root);
    }

    /// <summary>Gives all unpublished changes up. The writer's.</summary>
    internal void DiscardPending()
    {
        if (HasPending)
        {
            HasPending = false;
            _retired.Discard();
            _writer.FreeOwn();
        }
    }

    /// <summary>
    /// Frees pages that no state in use needs. The writer's: after a publication, now and then.
    /// </summary>
    /// <remarks>
    /// It costs what it frees; with nothing to free, a fence and a look at each reader's word.
    /// </remarks>
    internal void Reclaim() => _retired.Reclaim();

    /// <summary>Looks a key up in the published state. Any thread.</summary>
    internal bool TryGet(ReadOnlySpan<byte> key, out IndexValue value)
    {
        IndexInvariant.RequireKey(key.Length);
        int slot = Enter(out IndexRoot root);
        try
        {
            return TreeReader.TryGet(_arena, root.PageId, key, out value);
        }
        finally
        {
            Exit(slot);
        }
    }

    /// <summary>Looks several keys up in one published state. Any thread.</summary>
    /// <param name="keys">The keys, one behind the other.</param>
    /// <param name="ends">Where each of them ends.</param>
    /// <param name="values">Gets the value of each key; default where it is absent.</param>
    /// <param name="found">Gets whether each key is there.</param>
    /// <returns>How many are there.</returns>
    internal int TryGetMany(
        ReadOnlySpan<byte> keys,
        ReadOnlySpan<int> ends,
        Span<IndexValue> values,
        Span<bool> found)
    {
        IndexInvariant.RequireKeys(keys.Length, ends, values.Length, found.Length);
        int slot = Enter(out IndexRoot root);
        try
        {
            return TreeReader.TryGetMany(_arena, root.PageId, keys, ends, values, found);
        }
        finally
        {
            Exit(slot);
        }
    }

    /// <summary>Checks the whole tree, unpublished changes included. The writer's.</summary>
    /// <returns>How many pages it has.</returns>
    /// <exception cref="InvalidOperationException">It is broken.</exception>
    internal long CheckPending(TreeWalk walk)
    {
        long generation = Published.Generation;
        walk.Check(PendingPageId, PendingCount, HasPending ? generation + 1 : generation);
        return walk.Pages;
    }

    /// <summary>Keeps the published state until it is disposed. Any thread.</summary>
    internal PinnedRoot Pin()
    {
        IndexRoot? root = _pins.Add(ref _published);
        ObjectDisposedException.ThrowIf(root is null, this);
        return new PinnedRoot(this, root);
    }

    /// <summary>A read has ended.</summary>
    internal void Exit(int slot)
    {
        _slots.Exit(slot);

        // Until here: an index that nobody disposes frees its memory when it is collected.
        GC.KeepAlive(this);
    }

    internal void Unpin(long generation) => _pins.Release(generation);

    /// <summary>
    /// Frees all memory, once every read that is under way has ended; later ones get
    /// <see cref="ObjectDisposedException"/>. The writer's.
    /// </summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _published, null) is null)
        {
            return;
        }

        _slots.WaitUntilFree();
        _writer.Dispose();
        _arena.Dispose();
    }

    private void BeginChange()
    {
        if (!HasPending)
        {
            IndexRoot root = Published;
            _writer.Start(root.PageId, root.Count, root.Generation + 1);
            HasPending = true;
        }
    }

    /// <summary>
    /// Says that a state is being read, and then which: never the other way round.
    /// </summary>
    private int Enter(out IndexRoot root)
    {
        int slot = _slots.Enter(Published.Generation);
        IndexRoot? now = Volatile.Read(ref _published);
        if (now is null)
        {
            Exit(slot);
            throw new ObjectDisposedException(nameof(OrderedIndex));
        }

        root = now;
        return slot;
    }
}
