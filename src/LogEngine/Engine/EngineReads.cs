using System.Buffers;
using LogEngine.Index;
using LogEngine.Log;

namespace LogEngine.Engine;

/// <summary>Reads, on the newest published root or on a view's.</summary>
/// <remarks>
/// Thread-safe. On the newest root a value may move between the look into the index and the look
/// into its file, because it was overwritten or relocated and its segment freed: then it is looked
/// up again. In a view nothing moves.
/// </remarks>
internal sealed class EngineReads
{
    [ThreadStatic]
    private static PooledBytes? _threadBytes;

    private readonly CommittedIndex _state;
    private readonly ValueReader _values;
    private readonly IScheduler _scheduler;
    private readonly TimeProvider _time;

    internal EngineReads(
        CommittedIndex state, ValueReader values, IScheduler scheduler, TimeProvider time)
    {
        _state = state;
        _values = values;
        _scheduler = scheduler;
        _time = time;
    }

    internal UseGate Gate { get; } = new();

    /// <summary>Values served from the cache.</summary>
    internal long CacheHits => _state.Cache.Hits;

    /// <summary>Pins the newest root, to be given to <see cref="Release"/> once.</summary>
    internal PinnedView Pin()
    {
        int slot = Gate.Enter();
        try
        {
            return new PinnedView(_state.Pins.Pin(), _time.GetUtcNow().UtcTicks);
        }
        finally
        {
            Gate.Leave(slot);
        }
    }

    /// <summary>A view is not needed any more.</summary>
    internal void Release(PinnedView view) => _state.Pins.Release(view.Root);

    internal bool TryGet(
        KeyspaceName keyspace,
        ReadOnlySpan<byte> key,
        IBufferWriter<byte> destination,
        out ValueInfo info)
    {
        int slot = Gate.Enter();
        try
        {
            info = default;
            if (!keyspace.TryResolve(_state.Facts, out uint id))
            {
                return false;
            }

            Span<byte> full = stackalloc byte[IndexKey.MaxSize];
            full = full[..IndexKey.Write(full, id, key)];
            return _state.Index.TryGet(full, out IndexValue entry)
                && !IsExpired(entry)
                && TryReadNewest(entry, full, destination, out info);
        }
        finally
        {
            Gate.Leave(slot);
        }
    }

    internal bool TryGet(
        PinnedView view,
        KeyspaceName keyspace,
        ReadOnlySpan<byte> key,
        IBufferWriter<byte> destination,
        out ValueInfo info)
    {
        int slot = Gate.Enter();
        try
        {
            info = default;
            if (!keyspace.TryResolve(view.Facts, out uint id))
            {
                return false;
            }

            Span<byte> full = stackalloc byte[IndexKey.MaxSize];
            full = full[..IndexKey.Write(full, id, key)];
            if (!view.Root.TryGet(full, out IndexValue entry)
                || CommittedIndex.IsExpired(entry, view.NowTicks))
            {
                return false;
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

    internal ValueTask<StoredValue?> GetAsync(
        KeyspaceName keyspace, ReadOnlyMemory<byte> key, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<StoredValue?>(cancellationToken);
        }

        int slot = Gate.Enter();
        try
        {
            if (!keyspace.TryResolve(_state.Facts, out uint id))
            {
                return default;
            }

            Span<byte> full = stackalloc byte[IndexKey.MaxSize];
            full = full[..IndexKey.Write(full, id, key.Span)];
            if (!_state.Index.TryGet(full, out IndexValue entry) || IsExpired(entry))
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

        return new ValueTask<StoredValue?>(_scheduler.Run(
            () => Take(bytes => TryGet(keyspace, key.Span, bytes, out ValueInfo info)
                ? info
                : null),
            cancellationToken));
    }

    internal ValueTask<StoredValue?> GetAsync(
        PinnedView view,
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
            if (!keyspace.TryResolve(view.Facts, out uint id))
            {
                return default;
            }

            Span<byte> full = stackalloc byte[IndexKey.MaxSize];
            full = full[..IndexKey.Write(full, id, key.Span)];
            if (!view.Root.TryGet(full, out IndexValue entry)
                || CommittedIndex.IsExpired(entry, view.NowTicks))
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

        return new ValueTask<StoredValue?>(_scheduler.Run(
            () => Take(bytes => TryGet(view, keyspace, key.Span, bytes, out ValueInfo info)
                ? info
                : null),
            cancellationToken));
    }

    internal async ValueTask<StoredValue?[]> GetManyAsync(
        KeyspaceName keyspace,
        IReadOnlyList<ReadOnlyMemory<byte>> keys,
        CancellationToken cancellationToken)
    {
        PinnedView view = Pin();
        try
        {
            return await GetManyAsync(view, keyspace, keys, cancellationToken)
                .ConfigureAwait(false);
        }
        finally
        {
            Release(view);
        }
    }

    internal async ValueTask<StoredValue?[]> GetManyAsync(
        PinnedView view,
        KeyspaceName keyspace,
        IReadOnlyList<ReadOnlyMemory<byte>> keys,
        CancellationToken cancellationToken)
    {
        StoredValue?[] values = new StoredValue?[keys.Count];
        bool whole = false;
        try
        {
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = await GetAsync(view, keyspace, keys[i], cancellationToken)
                    .ConfigureAwait(false);
            }

            whole = true;
            return values;
        }
        finally
        {
            if (!whole)
            {
                foreach (StoredValue? value in values)
                {
                    value?.Dispose();
                }
            }
        }
    }

    internal long CountRange(PinnedView view, KeyspaceName keyspace, ScanRange range)
    {
        int slot = Gate.Enter();
        try
        {
            if (!keyspace.TryResolve(view.Facts, out uint id))
            {
                return 0;
            }

            (byte[] from, byte[] to) = Bounds(id, range.From, range.To);
            return view.Root.CountRange(from, to);
        }
        finally
        {
            Gate.Leave(slot);
        }
    }

    /// <summary>Runs something that may read the disk off the calling thread.</summary>
    internal Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellationToken) =>
        _scheduler.Run(work, cancellationToken);

    /// <summary>The keys of the index that a range of a keyspace is.</summary>
    internal static (byte[] From, byte[] To) Bounds(
        uint keyspace, ReadOnlyMemory<byte> first, ReadOnlyMemory<byte> end)
    {
        byte[] from = new byte[IndexKey.PrefixSize + first.Length];
        IndexKey.Write(from, keyspace, first.Span);
        if (end.IsEmpty)
        {
            return (from, IndexKey.EndOf(keyspace));
        }

        byte[] to = new byte[IndexKey.PrefixSize + end.Length];
        IndexKey.Write(to, keyspace, end.Span);
        return (from, to);
    }

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
            throw damage ?? ValueReader.Gone(entry);
        }
    }

    internal static ValueInfo InfoOf(in IndexValue entry) => new(
        entry.Version,
        entry.ExpiresTicks == 0 ? null : new DateTimeOffset(entry.ExpiresTicks, TimeSpan.Zero));

    private bool IsExpired(in IndexValue entry) =>
        entry.ExpiresTicks != 0 && entry.ExpiresTicks <= _time.GetUtcNow().UtcTicks;

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

            if (!_state.Index.TryGet(key, out IndexValue now) || IsExpired(now))
            {
                info = default;
                return false;
            }

            if (now == entry)
            {
                throw damage ?? ValueReader.Gone(entry);
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
            if (!root.TryGet(key, out IndexValue entry) || IsExpired(entry))
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

    private StoredValue? TryTakeCached(in IndexValue entry)
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

    private static StoredValue? Take(Func<PooledBytes, ValueInfo?> read)
    {
        using PooledBytes bytes = new();
        if (read(bytes) is not { } info)
        {
            return null;
        }

        int length = bytes.Length;
        return new StoredValue(bytes.Detach(), length, info);
    }
}
