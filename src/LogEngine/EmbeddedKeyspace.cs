using System.Buffers;
using System.Runtime.CompilerServices;
using LogEngine.Awaiting;
using LogEngine.Engine;
using LogEngine.Format;

namespace LogEngine;

/// <summary>
/// A keyspace of an embedded engine: what is in memory is also read without waiting for anybody.
/// </summary>
/// <remarks>
/// Thread-safe. A version read above <see cref="EmbeddedEngine.DurableSequence"/> may belong to another write
/// after a power loss.
/// </remarks>
public sealed class EmbeddedKeyspace : Keyspace
{
    private readonly EmbeddedEngine _engine;
    private readonly EmbeddedKeyspaceView _now;

    internal EmbeddedKeyspace(EmbeddedEngine engine, string name)
        : base(engine, name)
    {
        _engine = engine;
        Id = new KeyspaceName(name);
        _now = new EmbeddedKeyspaceView(engine.Reads, null, Id);
    }

    /// <summary>Its name with the id that it has.</summary>
    internal KeyspaceName Id { get; }

    /// <summary>
    /// Keys in it, those included that have expired and not been removed yet. Costs nothing.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The engine is closed.</exception>
    public long Count => _engine.CountOf(this);

    /// <inheritdoc cref="EmbeddedKeyspaceView.CountRange"/>
    public long CountRange(ScanRange range) => _now.CountRange(range);

    /// <inheritdoc cref="EmbeddedKeyspaceView.TryGet"/>
    public bool TryGet(
        ReadOnlySpan<byte> key, IBufferWriter<byte> destination, out ValueInfo info) =>
        _now.TryGet(key, destination, out info);

    /// <inheritdoc cref="EmbeddedKeyspaceView.TryGetInfo"/>
    public bool TryGetInfo(ReadOnlySpan<byte> key, out ValueInfo info) =>
        _now.TryGetInfo(key, out info);

    /// <inheritdoc cref="EmbeddedKeyspaceView.TryGetFirst"/>
    public bool TryGetFirst(ScanRange range, IBufferWriter<byte> key, out ValueInfo info) =>
        _now.TryGetFirst(range, key, out info);

    /// <inheritdoc/>
    public override ValueTask<StoredValue?> GetAsync(
        ReadOnlyMemory<byte> key, CancellationToken cancellationToken = default) =>
        _now.GetAsync(key, cancellationToken);

    /// <inheritdoc cref="EmbeddedKeyspaceView.Get"/>
    public override StoredValue? Get(ReadOnlyMemory<byte> key) => _now.Get(key);

    /// <inheritdoc/>
    public override ValueTask<StoredValue?[]> GetManyAsync(
        IReadOnlyList<ReadOnlyMemory<byte>> keys, CancellationToken cancellationToken = default) =>
        _now.GetManyAsync(keys, cancellationToken);

    /// <inheritdoc/>
    public override ValueTask<ValueInfo?> GetInfoAsync(
        ReadOnlyMemory<byte> key, CancellationToken cancellationToken = default) =>
        _now.GetInfoAsync(key, cancellationToken);

    /// <inheritdoc/>
    public override ValueTask<KeyValueEntry?> GetFirstAsync(
        ScanRange range = default, CancellationToken cancellationToken = default) =>
        _now.GetFirstAsync(range, cancellationToken);

    /// <inheritdoc/>
    public override ValueTask<long> CountAsync(CancellationToken cancellationToken = default) =>
        new(Count);

    /// <inheritdoc/>
    public override ValueTask<long> CountRangeAsync(
        ScanRange range, CancellationToken cancellationToken = default) =>
        _now.CountRangeAsync(range, cancellationToken);

    /// <inheritdoc/>
    public override EmbeddedKeyScan Scan(ScanRange range = default) => _now.Scan(range);


    /// <inheritdoc/>
    public override ValueTask<long> PutAsync(
        ReadOnlyMemory<byte> key,
        ReadOnlyMemory<byte> value,
        Durability? durability = null,
        DateTimeOffset? expiresAt = null,
        CancellationToken cancellationToken = default)
    {
        KeyRules.CheckKey(key.Span);
        Durability level = _engine.LevelOf(durability);
        if (value.Length <= _engine.ChunkBytes && Id.TryResolve(_engine.Facts, out uint id))
        {
            return _engine.Writer.PutAsync(
                id,
                key,
                value,
                EmbeddedEngine.ExpiryTicks(expiresAt),
                level,
                cancellationToken);
        }

        return _engine.PutByBatchAsync(this, key, value, level, expiresAt, cancellationToken);
    }

    /// <summary>
    /// As <see cref="PutAsync"/>, blocking the calling thread: for callers that would block for the
    /// outcome anyway. No other thread is needed to release it, so a thread pool full of such callers
    /// goes on; and where the engine is idle the calling thread commits the value itself.
    /// </summary>
    /// <param name="key">1 to 2,048 bytes.</param>
    /// <param name="value">0 bytes to 64 MiB; above 192 KiB other threads are needed too.</param>
    /// <param name="durability">When the call returns; see <see cref="Durability"/>.</param>
    /// <param name="expiresAt">From when it is absent; null for never.</param>
    /// <returns>The value's version.</returns>
    /// <exception cref="ArgumentException">The key is empty or too long.</exception>
    /// <exception cref="RecordTooLargeException">The value exceeds 64 MiB.</exception>
    /// <exception cref="StorageFullException">No space; nothing was written.</exception>
    /// <exception cref="StorageFaultedException">A write or a sync failed, now or before.</exception>
    /// <exception cref="ObjectDisposedException">The engine is closed.</exception>
    public override long Put(
        ReadOnlySpan<byte> key,
        ReadOnlySpan<byte> value,
        Durability? durability = null,
        DateTimeOffset? expiresAt = null)
    {
        KeyRules.CheckKey(key);
        Durability level = _engine.LevelOf(durability);
        return value.Length <= _engine.ChunkBytes && Id.TryResolve(_engine.Facts, out uint id)
            ? _engine.Writer.Put(
                id, key, value, EmbeddedEngine.ExpiryTicks(expiresAt), level)
            : _engine.PutByBatchAsync(
                this, key.ToArray(), value.ToArray(), level, expiresAt, default)
                .AsTask().GetAwaiter().GetResult();
    }

    /// <summary>
    /// As <see cref="DeleteAsync"/>, blocking the calling thread; see <see cref="Put"/>.
    /// </summary>
    /// <param name="key">1 to 2,048 bytes.</param>
    /// <param name="durability">When the call returns.</param>
    /// <returns>The sequence of the removal.</returns>
    /// <inheritdoc cref="Put"/>
    public override long Delete(ReadOnlySpan<byte> key, Durability? durability = null)
    {
        KeyRules.CheckKey(key);
        Durability level = _engine.LevelOf(durability);
        if (Id.TryResolve(_engine.Facts, out uint id))
        {
            try
            {
                return _engine.Writer.Delete(id, key, level);
            }
            catch (StorageFullException)
            {
                // There is space kept back for it; making it needs others.
            }
        }

        return DeleteAsync(key.ToArray(), level).AsTask().GetAwaiter().GetResult();
    }

    /// <inheritdoc/>
    public override ValueTask<long> DeleteAsync(
        ReadOnlyMemory<byte> key,
        Durability? durability = null,
        CancellationToken cancellationToken = default)
    {
        KeyRules.CheckKey(key.Span);
        Durability level = _engine.LevelOf(durability);
        return Id.TryResolve(_engine.Facts, out uint id)
            ? _engine.Writer.DeleteAsync(id, key, level, cancellationToken)
            : _engine.DeleteByBatchAsync(this, key, level, cancellationToken);
    }

    /// <inheritdoc/>
    public override ValueTask<ConditionalResult> TryDeleteAsync(
        ReadOnlyMemory<byte> key,
        long? expectedVersion = null,
        Durability? durability = null,
        CancellationToken cancellationToken = default)
    {
        KeyRules.CheckKey(key.Span);
        ArgumentOutOfRangeException.ThrowIfLessThan(expectedVersion ?? 1, 1, nameof(expectedVersion));
        return TryDeleteAsync(
            _engine.Writer, key, expectedVersion, _engine.LevelOf(durability), cancellationToken);
    }

    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    private async ValueTask<ConditionalResult> TryDeleteAsync(
        EngineWriter writer,
        ReadOnlyMemory<byte> key,
        long? expectedVersion,
        Durability level,
        CancellationToken cancellationToken)
    {
        if (Id.TryResolve(_engine.Facts, out uint id))
        {
            ConditionalOutcome delete;
            try
            {
                delete = await writer.Conditional.WriteAsync(
                    OperationKind.Delete,
                    id,
                    key,
                    default,
                    0,
                    expectedVersion ?? ConditionalWrite.AnyVersion,
                    level,
                    cancellationToken).ConfigureAwait(false);
            }
            catch (StorageFullException)
            {
                // A batch that only frees gets what is kept back for that.
                return await TryDeleteByBatchAsync(key, expectedVersion, level, cancellationToken)
                    .ConfigureAwait(false);
            }

            if (!delete.IsStale)
            {
                return new ConditionalResult(delete.Applied, delete.Actual);
            }
        }

        // Of a keyspace that is not there nothing is.
        await SettleAsync(level, cancellationToken).ConfigureAwait(false);
        return default;
    }

    private async ValueTask<ConditionalResult> TryDeleteByBatchAsync(
        ReadOnlyMemory<byte> key,
        long? expectedVersion,
        Durability durability,
        CancellationToken cancellationToken)
    {
        while (true)
        {
            if (!TryGetInfo(key.Span, out ValueInfo info)
                || (expectedVersion is { } expected && expected != info.Version))
            {
                await SettleAsync(durability, cancellationToken).ConfigureAwait(false);
                return new ConditionalResult(false, info.Version);
            }

            WriteBatch batch = _engine.CreateBatch();
            batch.RequireVersion(this, key.Span, info.Version);
            batch.Delete(this, key.Span);
            CommitResult result = await _engine.CommitTakenAsync(batch, durability, cancellationToken)
                .ConfigureAwait(false);
            if (result.Applied)
            {
                return new ConditionalResult(true, info.Version);
            }
        }
    }

    /// <inheritdoc/>
    public override async ValueTask<long> DeleteRangeAsync(
        ReadOnlyMemory<byte> from,
        ReadOnlyMemory<byte> to,
        Durability? durability = null,
        CancellationToken cancellationToken = default)
    {
        WriteBatch batch = _engine.CreateBatch();
        batch.DeleteRange(this, from.Span, to.Span);
        CommitResult result = await _engine
            .CommitTakenAsync(batch, _engine.LevelOf(durability), cancellationToken)
            .ConfigureAwait(false);
        return result.Sequences.First;
    }

    /// <inheritdoc/>
    public override ValueTask<ConditionalResult> CompareAndSetAsync(
        ReadOnlyMemory<byte> key,
        ReadOnlyMemory<byte> value,
        long expectedVersion,
        Durability? durability = null,
        DateTimeOffset? expiresAt = null,
        CancellationToken cancellationToken = default)
    {
        KeyRules.CheckKey(key.Span);
        ArgumentOutOfRangeException.ThrowIfNegative(expectedVersion);
        Durability level = _engine.LevelOf(durability);
        return value.Length <= _engine.ChunkBytes && Id.TryResolve(_engine.Facts, out uint id)
            ? SetSmallAsync(
                id, key, value, expectedVersion, level, expiresAt, cancellationToken)
            : SetByBatchAsync(
                key, value, expectedVersion, level, expiresAt, cancellationToken);
    }

    /// <inheritdoc/>
    public override ValueTask<bool> TouchAsync(
        ReadOnlyMemory<byte> key,
        DateTimeOffset? expiresAt,
        Durability? durability = null,
        CancellationToken cancellationToken = default)
    {
        KeyRules.CheckKey(key.Span);
        return TouchAsync(
            _engine.Writer,
            key,
            EmbeddedEngine.ExpiryTicks(expiresAt),
            _engine.LevelOf(durability),
            cancellationToken);
    }

    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    private async ValueTask<bool> TouchAsync(
        EngineWriter writer,
        ReadOnlyMemory<byte> key,
        long expiresTicks,
        Durability level,
        CancellationToken cancellationToken)
    {
        if (Id.TryResolve(_engine.Facts, out uint id))
        {
            writer.RequireSpace();
            ConditionalOutcome touch = await writer.Conditional.WriteAsync(
                OperationKind.Touch,
                id,
                key,
                default,
                expiresTicks,
                ConditionalWrite.AnyVersion,
                level,
                cancellationToken).ConfigureAwait(false);
            if (!touch.IsStale)
            {
                return touch.Applied;
            }
        }

        // Of a keyspace that is not there nothing is.
        await SettleAsync(level, cancellationToken).ConfigureAwait(false);
        return false;
    }

    /// <summary>A refusal is told once what it was judged against is as durable as the write would be.</summary>
    private ValueTask SettleAsync(Durability level, CancellationToken cancellationToken) =>
        level >= Durability.PowerLoss
            ? _engine.FlushAsync(cancellationToken)
            : ValueTask.CompletedTask;

    /// <summary>One record, judged as it is committed; nothing is allocated for it in the long run.</summary>
    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    private async ValueTask<ConditionalResult> SetSmallAsync(
        uint id,
        ReadOnlyMemory<byte> key,
        ReadOnlyMemory<byte> value,
        long expectedVersion,
        Durability durability,
        DateTimeOffset? expiresAt,
        CancellationToken cancellationToken)
    {
        EngineWriter writer = _engine.Writer;
        writer.RequireSpace();
        ConditionalOutcome put = await writer.Conditional.WriteAsync(
            OperationKind.Put,
            id,
            key,
            value,
            EmbeddedEngine.ExpiryTicks(expiresAt),
            expectedVersion,
            durability,
            cancellationToken).ConfigureAwait(false);
        return put.IsStale
            ? await SetByBatchAsync(
                key, value, expectedVersion, durability, expiresAt, cancellationToken)
                .ConfigureAwait(false)
            : new ConditionalResult(put.Applied, put.Applied ? put.Sequence : put.Actual);
    }

    private async ValueTask<ConditionalResult> SetByBatchAsync(
        ReadOnlyMemory<byte> key,
        ReadOnlyMemory<byte> value,
        long expectedVersion,
        Durability durability,
        DateTimeOffset? expiresAt,
        CancellationToken cancellationToken)
    {
        WriteBatch batch = _engine.CreateBatch();
        batch.Put(this, key.Span, value.Span, expiresAt);
        batch.RequireVersion(this, key.Span, expectedVersion);
        CommitResult result = await _engine.CommitTakenAsync(batch, durability, cancellationToken)
            .ConfigureAwait(false);
        return result.Conflict is { } conflict
            ? new ConditionalResult(false, conflict.Actual)
            : new ConditionalResult(true, result.Sequences.First);
    }
}
