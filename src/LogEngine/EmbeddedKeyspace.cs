using System.Buffers;
using System.Runtime.CompilerServices;
using LogEngine.Engine;

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
        _now = new EmbeddedKeyspaceView(engine.Reads, null, Id);
    }

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

    /// <inheritdoc cref="EmbeddedKeyspaceView.TryGetCached"/>
    public bool TryGetCached(
        ReadOnlySpan<byte> key, IBufferWriter<byte> destination, out ValueInfo info) =>
        _now.TryGetCached(key, destination, out info);

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
    public override ValueTask<WatchPosition> GetPositionAsync(
        CancellationToken cancellationToken = default) => _now.GetPositionAsync(cancellationToken);

    /// <inheritdoc/>
    protected override async IAsyncEnumerable<KeyChange> WatchCoreAsync(
        WatchOptions options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using KeyWatch watch = _engine.Lifetime.Watches.Begin(Id, options);
        if (options.StartsWithState)
        {
            // The watch keeps what comes behind this moment, however long the scan takes.
            using EmbeddedReadView view = _engine.OpenReadView();
            EmbeddedKeyspaceView state = view.In(this);
            WatchPosition moment =
                await state.GetPositionAsync(cancellationToken).ConfigureAwait(false);
            if (!options.BeforeDurable)
            {
                await _engine.WaitDurableAsync(moment.Commit, cancellationToken)
                    .ConfigureAwait(false);
            }

            using EmbeddedKeyScan scan = state.Scan(ScanRange.Prefix(options.Prefix));
            while (await scan.MoveNextAsync(cancellationToken).ConfigureAwait(false))
            {
                yield return scan.ToState(moment);
            }

            watch.StartAt(moment);
            yield return new KeyChange { Kind = KeyChangeKind.Progress, Position = moment };
        }

        while (true)
        {
            IReadOnlyList<KeyChange> changes = await watch
                .NextAsync(options.ReportsProgress, cancellationToken).ConfigureAwait(false);
            foreach (KeyChange change in changes)
            {
                yield return change;
            }
        }
    }

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
        return _engine.Writer.PutAsync(
            Id, key, value, StorageEngine.ExpiryTicks(expiresAt), level, cancellationToken);
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
        return _engine.Writer.Put(Id, key, value, StorageEngine.ExpiryTicks(expiresAt), level);
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
        return _engine.Writer.Delete(Id, key, level);
    }

    /// <inheritdoc/>
    public override ValueTask<long> DeleteAsync(
        ReadOnlyMemory<byte> key,
        Durability? durability = null,
        CancellationToken cancellationToken = default)
    {
        KeyRules.CheckKey(key.Span);
        Durability level = _engine.LevelOf(durability);
        return _engine.Writer.DeleteAsync(Id, key, level, cancellationToken);
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
        Durability level = _engine.LevelOf(durability);
        return _engine.Writer.Conditional.TryDeleteAsync(
            Id, key, expectedVersion ?? ConditionalWrite.AnyVersion, level, cancellationToken);
    }

    /// <inheritdoc/>
    public override ValueTask<long> DeleteRangeAsync(
        ReadOnlyMemory<byte> from,
        ReadOnlyMemory<byte> to,
        Durability? durability = null,
        CancellationToken cancellationToken = default)
    {
        KeyRules.CheckRange(from.Span, to.Span);
        Durability level = _engine.LevelOf(durability);
        return _engine.Writer.DeleteRangeAsync(Id, from.Span, to.Span, level, cancellationToken);
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
        return _engine.Writer.Conditional.SetAsync(
            Id,
            key,
            value,
            expectedVersion,
            StorageEngine.ExpiryTicks(expiresAt),
            level,
            cancellationToken);
    }

    /// <inheritdoc/>
    public override ValueTask<bool> TouchAsync(
        ReadOnlyMemory<byte> key,
        DateTimeOffset? expiresAt,
        Durability? durability = null,
        CancellationToken cancellationToken = default)
    {
        KeyRules.CheckKey(key.Span);
        Durability level = _engine.LevelOf(durability);
        return _engine.Writer.Conditional.TouchAsync(
            Id, key, StorageEngine.ExpiryTicks(expiresAt), level, cancellationToken);
    }
}
