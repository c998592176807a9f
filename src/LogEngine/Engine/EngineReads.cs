using System.Buffers;
using System.Runtime.CompilerServices;
using LogEngine.Index;
using LogEngine.Log;

namespace LogEngine.Engine;

/// <summary>Reads, on the newest published root or on a view's.</summary>
/// <remarks>
/// Thread-safe. On the newest root a value may move between the look into the index and the look
/// into its file, because it was overwritten or relocated and its segment freed: then it is looked
/// up again. In a view nothing moves.
/// </remarks>
[SkipLocalsInit]
internal sealed class EngineReads
{
    [ThreadStatic]
    private static PooledBytes? _threadBytes;

    private readonly CommittedIndex _state;
    private readonly ValueReader _values;
    private readonly IScheduler _scheduler;

    internal EngineReads(
        CommittedIndex state, ValueReader values, IScheduler scheduler, TimeProvider time)
    {
        _state = state;
        _values = values;
        _scheduler = scheduler;
        Time = time;
        Many = new MultiGet(this, state);
    }

    internal UseGate Gate { get; } = new();

    /// <summary>Values by their place.</summary>
    internal ValueReader Values => _values;

    /// <summary>Gets of many keys at once.</summary>
    internal MultiGet Many { get; }

    /// <summary>Keyspaces and counts of the newest published root.</summary>
    internal RootFacts Facts => _state.Facts;

    /// <summary>The clock that expiry goes by.</summary>
    internal TimeProvider Time { get; }

    /// <summary>Values served from the cache.</summary>
    internal long CacheHits => _state.Cache.Hits;

    /// <summary>Pins the newest root, to be given to <see cref="Release"/> once.</summary>
    internal PinnedView Pin()
    {
        int slot = Gate.Enter();
        try
        {
            return new PinnedView(_state.Pins.Pin(), Time.GetUtcNow().UtcTicks);
        }
        finally
        {
            Gate.Leave(slot);
        }
    }

    /// <summary>A view is not needed any more.</summary>
    internal void Release(PinnedView view) => _state.Pins.Release(view.Root);

    /// <summary>Reads a value of a view, or of the newest root where there is none.</summary>
    internal bool TryGet(
        PinnedView? view,
        KeyspaceName keyspace,
        ReadOnlySpan<byte> key,
        IBufferWriter<byte> destination,
        out ValueInfo info)
    {
        int slot = Gate.Enter();
        try
        {
            Span<byte> full = stackalloc byte[IndexKey.MaxSize];
            if (!TryFind(view, keyspace, key, full, out int length, out IndexValue entry))
            {
                info = default;
                return false;
            }

            full = full[..length];
            if (view is null)
            {
                return TryReadNewest(entry, full, destination, out info);
            }

            ReadPinned(view.Root, entry, full, destination);
            info = InfoOf(entry);
            return true;
        }
        finally
        {
            Gate.Leave(slot);
        }
    }

    /// <summary>What memory says of a key: the index, and the cache where the value is wanted.</summary>
    internal bool TryGetInMemory(
        PinnedView? view, KeyspaceName keyspace, ReadOnlySpan<byte> key,
        IBufferWriter<byte>? destination, out ValueInfo info)
    {
        int slot = Gate.Enter();
        try
        {
            Span<byte> full = stackalloc byte[IndexKey.MaxSize];
            bool found = TryFind(view, keyspace, key, full, out _, out IndexValue entry)
                && (destination is null || _values.TryReadCached(entry, destination));
            info = found ? InfoOf(entry) : default;
            return found;
        }
        finally
        {
            Gate.Leave(slot);
        }
    }

    /// <summary>The first key of a range, in its direction, that has not expired.</summary>
    internal bool TryGetFirst(
        PinnedView? view,
        KeyspaceName keyspace,
        ScanRange range,
        IBufferWriter<byte> into,
        out ValueInfo info)
    {
        info = default;
        using RootUse use = new(this, view);
        PinnedRoot root = use.Root;
        IndexCursor? cursor = null;
        try
        {
            if (!keyspace.TryResolve((RootFacts)root.Tag!, out uint id))
            {
                return false;
            }

            cursor = RangeCursors.Rent(root, id, range);
            while (cursor.MoveNext())
            {
                if (!IsExpired(view, cursor.Value))
                {
                    info = InfoOf(cursor.Value);
                    into.Write(cursor.Key[IndexKey.PrefixSize..]);
                    return true;
                }
            }

            return false;
        }
        finally
        {
            RangeCursors.Return(cursor);
        }
    }

    /// <summary>The same, owned; from a file not on the calling thread.</summary>
    internal ValueTask<StoredValue?> GetAsync(
        PinnedView? view,
        KeyspaceName keyspace,
        ReadOnlyMemory<byte> key,
        CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<StoredValue?>(cancellationToken);
        }

        int slot = Gate.Enter();
        try
        {
            Span<byte> full = stackalloc byte[IndexKey.MaxSize];
            if (!TryFind(view, keyspace, key.Span, full, out _, out IndexValue entry))
            {
                return default;
            }

            if (TryTakeCached(entry) is { } cached)
            {
                return new ValueTask<StoredValue?>(cached);
            }
        }
        finally
        {
            Gate.Leave(slot);
        }

        return ReadElsewhereAsync(view, keyspace, key, cancellationToken);
    }

    /// <summary>The same on the calling thread.</summary>
    internal StoredValue? Get(PinnedView? view, KeyspaceName keyspace, ReadOnlySpan<byte> key)
    {
        using PooledBytes bytes = new();
        if (!TryGet(view, keyspace, key, bytes, out ValueInfo info))
        {
            return null;
        }

        int length = bytes.Length;
        return new StoredValue(bytes.Detach(), length, info);
    }

    /// <summary>
    /// Where a watch of a keyspace begins that is to tell what a view, or the newest root, does not show.
    /// </summary>
    internal WatchPosition PositionOf(PinnedView? view, KeyspaceName keyspace)
    {
        using RootUse use = new(this, view);
        return new WatchPosition(
            use.Root.Sequence,
            keyspace.TryResolve((RootFacts)use.Root.Tag!, out uint id) ? id : 0);
    }

    /// <summary>Copies the value that a key has now, if it has that version.</summary>
    internal bool TryReadVersion(ReadOnlySpan<byte> key, long version, IBufferWriter<byte> into)
    {
        using RootUse use = new(this, view: null);
        if (!use.Root.TryGet(key, out IndexValue entry) || entry.Version != version)
        {
            return false;
        }

        ReadPinned(use.Root, entry, key, into);
        return true;
    }

    /// <summary>For a scan of its own.</summary>
    internal ScanWindow NewScanWindow() => new(_values, _scheduler);

    /// <summary>Whether the cache has a value.</summary>
    internal bool IsCached(in IndexValue entry) => _values.IsCached(entry);

    /// <summary>Prefetches what a scan will read; three passes, so that the latencies overlap.</summary>
    internal void Prefetch(ReadOnlySpan<IndexValue> entries)
    {
        foreach (ref readonly IndexValue entry in entries)
        {
            _values.Prefetch(entry);
        }

        foreach (ref readonly IndexValue entry in entries)
        {
            _values.PrefetchValue(entry);
        }
    }

    internal long CountRange(PinnedView? view, KeyspaceName keyspace, ScanRange range)
    {
        using RootUse use = new(this, view);
        return keyspace.TryResolve((RootFacts)use.Root.Tag!, out uint id)
            ? RangeCursors.Count(use.Root, id, range)
            : 0;
    }

    /// <summary>Runs something that may read the disk off the calling thread.</summary>
    internal Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellationToken) =>
        _scheduler.Run(work, cancellationToken);

    /// <summary>Copies a value found in a pinned root.</summary>
    internal void ReadPinned(
        PinnedRoot root, in IndexValue entry, ReadOnlySpan<byte> key, IBufferWriter<byte> into)
    {
        Location location = new(entry.Location);
        if (location.IsChunkSet)
        {
            _values.ReadChunks(root, location.ChunkSet, into);
        }
        else if (!_values.TryRead(entry, key, into, out CorruptionException? damage))
        {
            throw damage ?? _values.Gone(entry);
        }
    }

    internal static ValueInfo InfoOf(in IndexValue entry) => new(
        entry.Version,
        entry.ExpiresTicks == 0 ? null : new DateTimeOffset(entry.ExpiresTicks, TimeSpan.Zero));

    /// <summary>Reads on the scheduler; apart, so that a hit in the cache makes no closure.</summary>
    private ValueTask<StoredValue?> ReadElsewhereAsync(
        PinnedView? view,
        KeyspaceName keyspace,
        ReadOnlyMemory<byte> key,
        CancellationToken cancellationToken) => new(_scheduler.Run(
            () => Get(view, keyspace, key.Span), cancellationToken));

    /// <summary>
    /// Looks a key up in a view, or in the newest root, and gives it with its prefix; false where it
    /// is absent or has expired.
    /// </summary>
    private bool TryFind(
        PinnedView? view,
        KeyspaceName keyspace,
        ReadOnlySpan<byte> key,
        Span<byte> full,
        out int length,
        out IndexValue entry)
    {
        if (!keyspace.TryResolve(view?.Facts ?? _state.Facts, out uint id))
        {
            length = 0;
            entry = default;
            return false;
        }

        length = IndexKey.Write(full, id, key);
        full = full[..length];
        bool found = view is null
            ? _state.Index.TryGet(full, out entry)
            : view.Root.TryGet(full, out entry);
        return found && !IsExpired(view, entry);
    }

    /// <summary>As of the time at which the view was opened, or now where there is none.</summary>
    internal bool IsExpired(PinnedView? view, in IndexValue entry) =>
        entry.MayExpire && entry.IsExpiredAt(view?.NowTicks ?? Time.GetUtcNow().UtcTicks);

    /// <summary>
    /// Reads what the newest root says; where the place does not hold it, looks once more, since the
    /// value may have moved on. Damage is only what the index still points at.
    /// </summary>
    private bool TryReadNewest(
        IndexValue entry, ReadOnlySpan<byte> key, IBufferWriter<byte> into, out ValueInfo info)
    {
        while (true)
        {
            info = InfoOf(entry);
            if (new Location(entry.Location).IsChunkSet)
            {
                // Many places: as of one moment.
                return TryReadAtOnce(key, into, out info);
            }

            if (_values.TryRead(entry, key, into, out CorruptionException? damage))
            {
                return true;
            }

            if (!_state.Index.TryGet(key, out IndexValue now) || IsExpired(null, now))
            {
                info = default;
                return false;
            }

            if (now == entry)
            {
                throw damage ?? _values.Gone(entry);
            }

            entry = now;
        }
    }

    private bool TryReadAtOnce(
        ReadOnlySpan<byte> key, IBufferWriter<byte> into, out ValueInfo info)
    {
        PinnedRoot root = _state.Pins.Pin();
        try
        {
            if (!root.TryGet(key, out IndexValue entry) || IsExpired(null, entry))
            {
                info = default;
                return false;
            }

            ReadPinned(root, entry, key, into);
            info = InfoOf(entry);
            return true;
        }
        finally
        {
            _state.Pins.Release(root);
        }
    }

    /// <summary>A value of its own, if the cache has it; null otherwise.</summary>
    internal StoredValue? TryTakeCached(in IndexValue entry)
    {
        PooledBytes bytes = _threadBytes ??= new PooledBytes();
        bytes.Clear();
        if (!_values.TryReadCached(entry, bytes))
        {
            return null;
        }

        int length = bytes.Length;
        return new StoredValue(bytes.Detach(), length, InfoOf(entry));
    }

    /// <summary>A root in use, of a view or the newest one; of the latter the pin is its own.</summary>
    private readonly ref struct RootUse
    {
        private readonly EngineReads _reads;
        private readonly int _slot;
        private readonly bool _isPinned;

        internal RootUse(EngineReads reads, PinnedView? view)
        {
            _reads = reads;
            _slot = reads.Gate.Enter();
            _isPinned = view is null;
            Root = view?.Root ?? reads._state.Pins.Pin();
        }

        internal PinnedRoot Root { get; }

        public void Dispose()
        {
            if (_isPinned)
            {
                _reads._state.Pins.Release(Root);
            }

            _reads.Gate.Leave(_slot);
        }
    }
}
