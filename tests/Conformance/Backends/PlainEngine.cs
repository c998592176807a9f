using System.Buffers.Binary;
using System.Collections.Immutable;
using Microsoft.Extensions.Logging;

namespace LogEngine.Conformance.Backends;

/// <summary>
/// An engine of nothing but the contract: sorted dictionaries, each call of which goes on elsewhere, as a
/// call to a server does. What runs on it needs nothing of the embedded engine.
/// </summary>
internal sealed class PlainEngine : StorageEngine
{
    private readonly PlainStore _store;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Dictionary<string, PlainKeyspace> _keyspaces = new(StringComparer.Ordinal);
    private volatile bool _closed;

    internal PlainEngine(
        PlainStore store, TimeProvider time, ILoggerFactory? loggers = null, bool isShared = false)
        : base(time, loggers, Durability.PowerLoss)
    {
        _store = store;
        Capabilities = new EngineCapabilities
        {
            IsShared = isShared,
            SurvivesMachineLoss = false,
            LeasesOutliveProcess = false,
            LooksWithoutIO = false,
            HasLastingViews = true,
            CanWatch = true,
            PutsSequencedKeys = true,
            VersionsFollowCommits = true,
            MaxValueBytes = MaxValueBytes,
        };
    }

    public override EngineCapabilities Capabilities { get; }

    public override Task<StorageFaultedException> Faulted { get; } =
        new TaskCompletionSource<StorageFaultedException>().Task;

    public override CancellationToken Stopping => _stopping.Token;

    internal PlainRoot Root
    {
        get
        {
            ObjectDisposedException.ThrowIf(_closed, typeof(StorageEngine));
            return _store.Root;
        }
    }

    internal PlainChanges Changes => _store.Changes;

    internal long NowTicks => TimeProvider.GetUtcNow().UtcTicks;

    public override Keyspace GetKeyspace(string name)
    {
        CheckOwnName(name);
        return Open(name);
    }

    public override Keyspace GetStoreKeyspace(string name)
    {
        CheckStoreName(name);
        return Open(name);
    }

    public override async ValueTask<IReadOnlyList<string>> ListKeyspacesAsync(
        CancellationToken cancellationToken = default)
    {
        await Elsewhere(cancellationToken);
        return [.. Root.Keyspaces.Keys];
    }

    public override async ValueTask<bool> DropKeyspaceAsync(
        string name, Durability? durability = null, CancellationToken cancellationToken = default)
    {
        LevelOf(durability);
        await Elsewhere(cancellationToken);
        return _store.Drop(name);
    }

    public override long NextRandom() => System.Security.Cryptography.RandomNumberGenerator.GetInt32(int.MaxValue);

    public override WriteBatch CreateBatch()
    {
        _ = Root;
        return base.CreateBatch();
    }

    public override async ValueTask<ReadView> OpenReadViewAsync(
        CancellationToken cancellationToken = default)
    {
        await Elsewhere(cancellationToken);
        return new PlainView(this, Root, NowTicks);
    }

    public override async ValueTask FlushAsync(CancellationToken cancellationToken = default)
    {
        _ = Root;
        await Elsewhere(cancellationToken);
    }

    public override ValueTask CloseAsync()
    {
        _closed = true;
        _stopping.Cancel();
        return ValueTask.CompletedTask;
    }

    public override ValueTask DisposeAsync() => CloseAsync();

    internal static async ValueTask Elsewhere(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        await Task.Yield();
    }

    protected override async ValueTask<CommitResult> CommitCoreAsync(
        WriteBatch batch, Durability durability, CancellationToken cancellationToken)
    {
        await Elsewhere(cancellationToken);
        _ = Root;
        return _store.Commit(batch, NowTicks);
    }

    private PlainKeyspace Open(string name)
    {
        ObjectDisposedException.ThrowIf(_closed, typeof(StorageEngine));
        lock (_keyspaces)
        {
            if (!_keyspaces.TryGetValue(name, out PlainKeyspace? keyspace))
            {
                _keyspaces.Add(name, keyspace = new PlainKeyspace(this, name));
            }

            return keyspace;
        }
    }
}

/// <summary>What a <see cref="PlainEngine"/> holds, and what outlives it: the server, so to say.</summary>
internal sealed class PlainStore
{
    private readonly Lock _gate = new();

    internal PlainRoot Root { get; private set; } = new(
        ImmutableSortedDictionary.Create<string, PlainKeys>(StringComparer.Ordinal), 0);

    internal PlainChanges Changes { get; } = new();

    internal bool Drop(string name)
    {
        lock (_gate)
        {
            bool found = Root.Keyspaces.ContainsKey(name);
            long sequence = Root.Sequence + 1;
            Root = new PlainRoot(Root.Keyspaces.Remove(name), sequence);
            if (found)
            {
                KeyChange drop = new() { Kind = KeyChangeKind.Drop, Position = default, Version = sequence };
                Changes.Add(sequence, [(name, drop)]);
            }

            return found;
        }
    }

    internal CommitResult Commit(WriteBatch batch, long nowTicks)
    {
        lock (_gate)
        {
            for (int i = 0; i < batch.ConditionCount; i++)
            {
                WriteCondition condition = batch.GetCondition(i);
                long there = Root.Of(condition.Keyspace.Name)
                    .Find(condition.Key.ToArray(), nowTicks)?.Version ?? 0;
                if (there != condition.Version)
                {
                    return new CommitResult(
                        false,
                        default,
                        new Conflict(
                            condition.Keyspace.Name, condition.Key, condition.Version, there));
                }
            }

            PlainRoot next = Root;
            List<(string, KeyChange)> changes = [];
            for (int i = 0; i < batch.Count; i++)
            {
                WriteOperation operation = batch.GetOperation(i);
                changes.Add(PlainChanges.Of(
                    operation,
                    next.Sequence + 1,
                    Root.Of(operation.Keyspace.Name).Find(operation.Key.ToArray(), nowTicks)?.Version
                        ?? 0));
                next = next.Apply(operation, Root, nowTicks);
            }

            long first = Root.Sequence + 1;
            Root = next;
            Changes.Add(next.Sequence, changes);
            return new CommitResult(true, new SequenceRange(first, next.Sequence), null);
        }
    }
}

/// <summary>A value of a <see cref="PlainEngine"/>.</summary>
internal sealed record PlainValue(byte[] Bytes, long Version, DateTimeOffset? ExpiresAt)
{
    internal ValueInfo Info => new(Version, ExpiresAt);
}

/// <summary>The keys of a keyspace, as of one moment. Immutable.</summary>
internal sealed record PlainKeys(ImmutableSortedDictionary<byte[], PlainValue> All)
{
    internal static PlainKeys None { get; } = new(
        ImmutableSortedDictionary.Create<byte[], PlainValue>(
            Comparer<byte[]>.Create((a, b) => a.AsSpan().SequenceCompareTo(b))));

    internal PlainValue? Find(byte[] key, long nowTicks) =>
        All.TryGetValue(key, out PlainValue? value) && IsThere(value, nowTicks) ? value : null;

    internal IEnumerable<KeyValuePair<byte[], PlainValue>> In(ScanRange range)
    {
        IEnumerable<KeyValuePair<byte[], PlainValue>> found = All.Where(entry =>
            entry.Key.AsSpan().SequenceCompareTo(range.From.Span) >= 0
            && (range.To.IsEmpty || entry.Key.AsSpan().SequenceCompareTo(range.To.Span) < 0));
        return range.Reverse ? found.Reverse() : found;
    }

    internal static bool IsThere(PlainValue value, long nowTicks) =>
        value.ExpiresAt is not { } at || at.UtcTicks > nowTicks;
}

/// <summary>All of it, as of one moment. Immutable.</summary>
internal sealed record PlainRoot(
    ImmutableSortedDictionary<string, PlainKeys> Keyspaces, long Sequence)
{
    internal PlainKeys Of(string keyspace) =>
        Keyspaces.GetValueOrDefault(keyspace, PlainKeys.None);

    /// <summary>The key of an operation, its sequence in it where it is to be.</summary>
    internal static byte[] KeyOf(in WriteOperation operation, long sequence)
    {
        byte[] key = operation.Key.ToArray();
        if (operation.SequenceAt >= 0)
        {
            BinaryPrimitives.WriteInt64BigEndian(key.AsSpan(operation.SequenceAt), sequence);
        }

        return key;
    }

    /// <summary>With one more operation; touches look at the root before the batch.</summary>
    internal PlainRoot Apply(in WriteOperation operation, PlainRoot before, long nowTicks)
    {
        long sequence = Sequence + 1;
        string name = operation.Keyspace.Name;
        byte[] key = KeyOf(operation, sequence);
        PlainKeys keys = Of(name);
        switch (operation.Kind)
        {
            case WriteOperationKind.Put:
                keys = new PlainKeys(keys.All.SetItem(
                    key, new PlainValue(operation.Value.ToArray(), sequence, operation.ExpiresAt)));
                break;
            case WriteOperationKind.Delete:
                keys = new PlainKeys(keys.All.Remove(key));
                break;
            case WriteOperationKind.DeleteRange:
                keys = new PlainKeys(keys.All.RemoveRange(keys
                    .In(new ScanRange(key, operation.Value.ToArray())).Select(entry => entry.Key)
                    .ToList()));
                break;
            case WriteOperationKind.Touch
                when before.Of(name).Find(key, nowTicks) is { } value
                    && keys.All.GetValueOrDefault(key)?.Version == value.Version:
                keys = new PlainKeys(
                    keys.All.SetItem(key, value with { ExpiresAt = operation.ExpiresAt }));
                break;
            case WriteOperationKind.DropKeyspace:
                return new PlainRoot(Keyspaces.Remove(name), sequence);
        }

        return new PlainRoot(Keyspaces.SetItem(name, keys), sequence);
    }
}
