namespace LogEngine.Conformance.Backends;

/// <summary>A keyspace of a <see cref="PlainEngine"/>.</summary>
internal sealed class PlainKeyspace(PlainEngine engine, string name) : Keyspace(engine, name)
{
    private PlainReader Now => new(Name, () => (engine.Root.Of(Name), engine.NowTicks));

    public override ValueTask<StoredValue?> GetAsync(
        ReadOnlyMemory<byte> key, CancellationToken cancellationToken = default) =>
        Now.GetAsync(key, cancellationToken);

    public override ValueTask<StoredValue?[]> GetManyAsync(
        IReadOnlyList<ReadOnlyMemory<byte>> keys, CancellationToken cancellationToken = default) =>
        Now.GetManyAsync(keys, cancellationToken);

    public override ValueTask<ValueInfo?> GetInfoAsync(
        ReadOnlyMemory<byte> key, CancellationToken cancellationToken = default) =>
        Now.GetInfoAsync(key, cancellationToken);

    public override ValueTask<KeyValueEntry?> GetFirstAsync(
        ScanRange range = default, CancellationToken cancellationToken = default) =>
        Now.GetFirstAsync(range, cancellationToken);

    public override ValueTask<long> CountAsync(CancellationToken cancellationToken = default) =>
        Now.CountAsync(cancellationToken);

    public override ValueTask<long> CountRangeAsync(
        ScanRange range, CancellationToken cancellationToken = default) =>
        Now.CountRangeAsync(range, cancellationToken);

    public override KeyScan Scan(ScanRange range = default) => Now.Scan(range);

    public override ValueTask<WatchPosition> GetPositionAsync(
        CancellationToken cancellationToken = default) =>
        new(new WatchPosition(engine.Root.Sequence, 1));

    protected override IAsyncEnumerable<KeyChange> WatchCoreAsync(
        WatchOptions options, CancellationToken cancellationToken) =>
        engine.Changes.WatchAsync(engine, this, options, cancellationToken);

    public override async ValueTask<long> PutAsync(
        ReadOnlyMemory<byte> key,
        ReadOnlyMemory<byte> value,
        Durability? durability = null,
        DateTimeOffset? expiresAt = null,
        CancellationToken cancellationToken = default)
    {
        WriteBatch batch = engine.CreateBatch();
        batch.Put(this, key.Span, value.Span, expiresAt);
        return (await engine.CommitAsync(batch, durability, cancellationToken)).First;
    }

    public override async ValueTask<long> DeleteAsync(
        ReadOnlyMemory<byte> key,
        Durability? durability = null,
        CancellationToken cancellationToken = default)
    {
        WriteBatch batch = engine.CreateBatch();
        batch.Delete(this, key.Span);
        return (await engine.CommitAsync(batch, durability, cancellationToken)).First;
    }

    public override async ValueTask<ConditionalResult> TryDeleteAsync(
        ReadOnlyMemory<byte> key,
        long? expectedVersion = null,
        Durability? durability = null,
        CancellationToken cancellationToken = default)
    {
        while (true)
        {
            ValueInfo? there = await GetInfoAsync(key, cancellationToken);
            if (there is not { } info || (expectedVersion ?? info.Version) != info.Version)
            {
                return new ConditionalResult(false, there?.Version ?? 0);
            }

            WriteBatch batch = engine.CreateBatch();
            batch.RequireVersion(this, key.Span, info.Version);
            batch.Delete(this, key.Span);
            if ((await engine.TryCommitAsync(batch, durability, cancellationToken)).Applied)
            {
                return new ConditionalResult(true, info.Version);
            }
        }
    }

    public override async ValueTask<long> DeleteRangeAsync(
        ReadOnlyMemory<byte> from,
        ReadOnlyMemory<byte> to,
        Durability? durability = null,
        CancellationToken cancellationToken = default)
    {
        WriteBatch batch = engine.CreateBatch();
        batch.DeleteRange(this, from.Span, to.Span);
        return (await engine.CommitAsync(batch, durability, cancellationToken)).First;
    }

    public override async ValueTask<ConditionalResult> CompareAndSetAsync(
        ReadOnlyMemory<byte> key,
        ReadOnlyMemory<byte> value,
        long expectedVersion,
        Durability? durability = null,
        DateTimeOffset? expiresAt = null,
        CancellationToken cancellationToken = default)
    {
        WriteBatch batch = engine.CreateBatch();
        batch.RequireVersion(this, key.Span, expectedVersion);
        batch.Put(this, key.Span, value.Span, expiresAt);
        CommitResult result = await engine.TryCommitAsync(batch, durability, cancellationToken);
        return new ConditionalResult(
            result.Applied, result.Conflict?.Actual ?? result.Sequences.First);
    }

    public override async ValueTask<bool> TouchAsync(
        ReadOnlyMemory<byte> key,
        DateTimeOffset? expiresAt,
        Durability? durability = null,
        CancellationToken cancellationToken = default)
    {
        while (await GetInfoAsync(key, cancellationToken) is { } there)
        {
            WriteBatch batch = engine.CreateBatch();
            batch.RequireVersion(this, key.Span, there.Version);
            batch.Touch(this, key.Span, expiresAt);
            if ((await engine.TryCommitAsync(batch, durability, cancellationToken)).Applied)
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>A view of a <see cref="PlainEngine"/>: a root that is kept.</summary>
internal sealed class PlainView(PlainEngine engine, PlainRoot root, long nowTicks) : ReadView
{
    private bool _disposed;

    public override KeyspaceReader In(Keyspace keyspace) => new PlainReader(keyspace.Name, () =>
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        _ = engine.Root;
        return (root.Of(keyspace.Name), nowTicks);
    })
    {
        Sequence = root.Sequence,
    };

    public override async ValueTask<IReadOnlyList<string>> ListKeyspacesAsync(
        CancellationToken cancellationToken = default)
    {
        await PlainEngine.Elsewhere(cancellationToken);
        return [.. root.Keyspaces.Keys];
    }

    public override void Dispose() => _disposed = true;
}

/// <summary>Reads of a <see cref="PlainEngine"/>, as of whenever it is asked.</summary>
internal sealed class PlainReader(string name, Func<(PlainKeys Keys, long NowTicks)> moment)
    : KeyspaceReader(name)
{
    public override async ValueTask<StoredValue?> GetAsync(
        ReadOnlyMemory<byte> key, CancellationToken cancellationToken = default)
    {
        Check(key);
        await PlainEngine.Elsewhere(cancellationToken);
        (PlainKeys keys, long now) = moment();
        return Owned(keys.Find(key.ToArray(), now));
    }

    public override async ValueTask<StoredValue?[]> GetManyAsync(
        IReadOnlyList<ReadOnlyMemory<byte>> keys, CancellationToken cancellationToken = default)
    {
        await PlainEngine.Elsewhere(cancellationToken);
        (PlainKeys all, long now) = moment();
        return [.. keys.Select(key => Owned(all.Find(key.ToArray(), now)))];
    }

    public override async ValueTask<ValueInfo?> GetInfoAsync(
        ReadOnlyMemory<byte> key, CancellationToken cancellationToken = default)
    {
        Check(key);
        await PlainEngine.Elsewhere(cancellationToken);
        (PlainKeys keys, long now) = moment();
        return keys.Find(key.ToArray(), now)?.Info;
    }

    public override async ValueTask<KeyValueEntry?> GetFirstAsync(
        ScanRange range = default, CancellationToken cancellationToken = default)
    {
        await PlainEngine.Elsewhere(cancellationToken);
        (PlainKeys keys, long now) = moment();
        foreach ((byte[] key, PlainValue value) in keys.In(range))
        {
            if (PlainKeys.IsThere(value, now))
            {
                return new KeyValueEntry(key, default, value.Info);
            }
        }

        return null;
    }

    public override async ValueTask<long> CountAsync(CancellationToken cancellationToken = default)
    {
        await PlainEngine.Elsewhere(cancellationToken);
        return moment().Keys.All.Count;
    }

    public override async ValueTask<long> CountRangeAsync(
        ScanRange range, CancellationToken cancellationToken = default)
    {
        await PlainEngine.Elsewhere(cancellationToken);
        long count = moment().Keys.In(range).Count();
        return range.Limit == 0 ? count : Math.Min(count, range.Limit);
    }

    /// <summary>Of a view, the moment that it shows.</summary>
    internal long Sequence { get; init; }

    public override ValueTask<WatchPosition> GetPositionAsync(
        CancellationToken cancellationToken = default) => new(new WatchPosition(Sequence, 1));

    public override KeyScan Scan(ScanRange range = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(range.Limit);
        (PlainKeys keys, long now) = moment();
        int most = range.Limit == 0 ? int.MaxValue : range.Limit;
        return new PlainScan(
            keys.In(range).Where(entry => PlainKeys.IsThere(entry.Value, now)).Take(most),
            range.KeysOnly);
    }

    private static void Check(ReadOnlyMemory<byte> key)
    {
        if (key.IsEmpty || key.Length > StorageEngine.MaxKeyBytes)
        {
            throw new ArgumentException($"A key of {key.Length} bytes.", nameof(key));
        }
    }

    private static StoredValue? Owned(PlainValue? value) =>
        value is null ? null : new StoredValue([.. value.Bytes], value.Info);
}

/// <summary>A scan of a <see cref="PlainEngine"/>.</summary>
internal sealed class PlainScan(
    IEnumerable<KeyValuePair<byte[], PlainValue>> entries, bool keysOnly) : KeyScan
{
    private readonly IEnumerator<KeyValuePair<byte[], PlainValue>> _entries = entries.GetEnumerator();

    public override ReadOnlySpan<byte> Key => _entries.Current.Key;

    public override ReadOnlySpan<byte> Value => keysOnly ? default : _entries.Current.Value.Bytes;

    public override ValueInfo Info => _entries.Current.Value.Info;

    public override async ValueTask<bool> MoveNextAsync(CancellationToken cancellationToken = default)
    {
        await PlainEngine.Elsewhere(cancellationToken);
        return _entries.MoveNext();
    }

    public override void Dispose() => _entries.Dispose();
}
