using System.Buffers;
using System.Runtime.CompilerServices;
using LogEngine.Awaiting;
using LogEngine.Engine;
using LogEngine.Format;

namespace LogEngine;

/// <summary>A named, ordered set of keys with values in a <see cref="StorageEngine"/>.</summary>
/// <remarks>
/// <para>
/// Thread-safe. Keys are ordered byte by byte. A keyspace that does not exist behaves as an empty
/// one; its first write creates it. It lives as long as its engine.
/// </para>
/// <para>
/// A write that was acknowledged can be read at once. A version acknowledged below
/// <see cref="Durability.PowerLoss"/>, or read above <see cref="StorageEngine.DurableSequence"/>,
/// may belong to another write after a power loss.
/// </para>
/// </remarks>
public sealed class Keyspace
{
    private readonly StorageEngine _engine;

    internal Keyspace(StorageEngine engine, string name)
    {
        _engine = engine;
        Id = new KeyspaceName(name);
    }

    /// <summary>Its name.</summary>
    public string Name => Id.Name;

    /// <summary>Its name with the id that it has.</summary>
    internal KeyspaceName Id { get; }

    /// <summary>
    /// Keys in it, those included that have expired and not been removed yet. Costs nothing.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The engine is closed.</exception>
    public long Count => _engine.CountOf(this);

    /// <summary>Reads a value; may read the disk on the calling thread.</summary>
    /// <param name="key">1 to 2,048 bytes.</param>
    /// <param name="destination">Receives the value's bytes, verified; untouched where absent.</param>
    /// <param name="info">Version and expiry; default where absent.</param>
    /// <returns>False where the key is absent or its value has expired.</returns>
    /// <exception cref="ArgumentException">The key is empty or too long.</exception>
    /// <exception cref="CorruptionException">The value is damaged; it names the place.</exception>
    /// <exception cref="StorageIOException">The file cannot be read.</exception>
    /// <exception cref="ObjectDisposedException">The engine is closed.</exception>
    public bool TryGet(
        ReadOnlySpan<byte> key, IBufferWriter<byte> destination, out ValueInfo info)
    {
        ArgumentNullException.ThrowIfNull(destination);
        KeyRules.CheckKey(key);
        return _engine.Reads.TryGet(null, Id, key, destination, out info);
    }

    /// <summary>
    /// Says whether a key is there, and what is known of its value without reading it: one look into
    /// the index in memory. Never reads the disk, and allocates nothing.
    /// </summary>
    /// <param name="key">1 to 2,048 bytes.</param>
    /// <param name="info">Version and expiry; default where absent.</param>
    /// <returns>
    /// False where the key is absent or its value has expired. True says nothing of whether the value
    /// is damaged: only reading it does.
    /// </returns>
    /// <exception cref="ArgumentException">The key is empty or too long.</exception>
    /// <exception cref="ObjectDisposedException">The engine is closed.</exception>
    public bool TryGetInfo(ReadOnlySpan<byte> key, out ValueInfo info)
    {
        KeyRules.CheckKey(key);
        return _engine.Reads.TryGetInfo(null, Id, key, out info);
    }

    /// <summary>
    /// Finds the first key of a range, or the last one of a range that is gone through in reverse,
    /// without a value: one look into the index in memory. Never reads the disk.
    /// </summary>
    /// <param name="range">Which keys, and from which end; all of them by default.</param>
    /// <param name="key">Receives the key's bytes; untouched where there is none.</param>
    /// <param name="info">Version and expiry of its value; default where there is none.</param>
    /// <returns>False where no key of the range is there, or all have expired.</returns>
    /// <exception cref="ArgumentException">A key is too long, or the range is reversed.</exception>
    /// <exception cref="ObjectDisposedException">The engine is closed.</exception>
    public bool TryGetFirst(ScanRange range, IBufferWriter<byte> key, out ValueInfo info)
    {
        ArgumentNullException.ThrowIfNull(key);
        range.Validate();
        return _engine.Reads.TryGetFirst(null, Id, range, key, out info);
    }

    /// <summary>
    /// Reads a value; where the disk must be read, not on the calling thread. Null where the key is
    /// absent or its value has expired.
    /// </summary>
    /// <param name="key">1 to 2,048 bytes; must not change until the call completes.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The value, owned by the caller: dispose it.</returns>
    /// <inheritdoc cref="TryGet"/>
    public ValueTask<StoredValue?> GetAsync(
        ReadOnlyMemory<byte> key, CancellationToken cancellationToken = default)
    {
        KeyRules.CheckKey(key.Span);
        return _engine.Reads.GetAsync(null, Id, key, cancellationToken);
    }

    /// <summary>
    /// Reads several values in one call, all as of one moment, in the order of the keys; null where
    /// a key is absent. Faster than one by one.
    /// </summary>
    /// <param name="keys">The keys; must not change until the call completes.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The values, owned by the caller: dispose them.</returns>
    /// <inheritdoc cref="TryGet"/>
    public ValueTask<StoredValue?[]> GetManyAsync(
        IReadOnlyList<ReadOnlyMemory<byte>> keys, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(keys);
        foreach (ReadOnlyMemory<byte> key in keys)
        {
            KeyRules.CheckKey(key.Span);
        }

        return _engine.Reads.Many.GetAsync(null, Id, keys, cancellationToken);
    }

    /// <summary>Gives a key a value, whatever was there.</summary>
    /// <param name="key">1 to 2,048 bytes; must not change until the call completes.</param>
    /// <param name="value">0 bytes to 64 MiB; must not change until the call completes.</param>
    /// <param name="durability">When the call completes; see <see cref="Durability"/>.</param>
    /// <param name="expiresAt">From when it is absent; null for never.</param>
    /// <param name="cancellationToken">Cancels the wait, never a write that was admitted.</param>
    /// <returns>The value's version. Await it once.</returns>
    /// <exception cref="ArgumentException">The key is empty or too long.</exception>
    /// <exception cref="RecordTooLargeException">The value exceeds 64 MiB.</exception>
    /// <exception cref="StorageFullException">No space; nothing was written.</exception>
    /// <exception cref="EngineFaultedException">A write or a sync failed, now or before.</exception>
    /// <exception cref="AppendCanceledException">The wait was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The engine is closed.</exception>
    public ValueTask<long> PutAsync(
        ReadOnlyMemory<byte> key,
        ReadOnlyMemory<byte> value,
        Durability durability = Durability.PowerLoss,
        DateTimeOffset? expiresAt = null,
        CancellationToken cancellationToken = default)
    {
        KeyRules.CheckKey(key.Span);
        StorageEngine.Check(durability);
        if (value.Length <= _engine.ChunkBytes && Id.TryResolve(_engine.Facts, out uint id))
        {
            return _engine.Writer.PutAsync(
                id,
                key,
                value,
                StorageEngine.ExpiryTicks(expiresAt),
                durability,
                cancellationToken);
        }

        return _engine.PutByBatchAsync(this, key, value, durability, expiresAt, cancellationToken);
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
    /// <exception cref="EngineFaultedException">A write or a sync failed, now or before.</exception>
    /// <exception cref="ObjectDisposedException">The engine is closed.</exception>
    public long Put(
        ReadOnlySpan<byte> key,
        ReadOnlySpan<byte> value,
        Durability durability = Durability.PowerLoss,
        DateTimeOffset? expiresAt = null)
    {
        KeyRules.CheckKey(key);
        StorageEngine.Check(durability);
        return value.Length <= _engine.ChunkBytes && Id.TryResolve(_engine.Facts, out uint id)
            ? _engine.Writer.Put(
                id, key, value, StorageEngine.ExpiryTicks(expiresAt), durability)
            : _engine.PutByBatchAsync(
                this, key.ToArray(), value.ToArray(), durability, expiresAt, default)
                .AsTask().GetAwaiter().GetResult();
    }

    /// <summary>
    /// As <see cref="DeleteAsync"/>, blocking the calling thread; see <see cref="Put"/>.
    /// </summary>
    /// <param name="key">1 to 2,048 bytes.</param>
    /// <param name="durability">When the call returns.</param>
    /// <returns>The sequence of the removal.</returns>
    /// <inheritdoc cref="Put"/>
    public long Delete(ReadOnlySpan<byte> key, Durability durability = Durability.PowerLoss)
    {
        KeyRules.CheckKey(key);
        StorageEngine.Check(durability);
        if (Id.TryResolve(_engine.Facts, out uint id))
        {
            try
            {
                return _engine.Writer.Delete(id, key, durability);
            }
            catch (StorageFullException)
            {
                // There is space kept back for it; making it needs others.
            }
        }

        return DeleteAsync(key.ToArray(), durability).AsTask().GetAwaiter().GetResult();
    }

    /// <summary>Removes a key; no error where it is absent.</summary>
    /// <param name="key">1 to 2,048 bytes; must not change until the call completes.</param>
    /// <param name="durability">When the call completes.</param>
    /// <param name="cancellationToken">Cancels the wait, never a write that was admitted.</param>
    /// <returns>The sequence of the removal. Await it once.</returns>
    /// <inheritdoc cref="PutAsync"/>
    public ValueTask<long> DeleteAsync(
        ReadOnlyMemory<byte> key,
        Durability durability = Durability.PowerLoss,
        CancellationToken cancellationToken = default)
    {
        KeyRules.CheckKey(key.Span);
        StorageEngine.Check(durability);
        return Id.TryResolve(_engine.Facts, out uint id)
            ? _engine.Writer.DeleteAsync(id, key, durability, cancellationToken)
            : _engine.DeleteByBatchAsync(this, key, durability, cancellationToken);
    }

    /// <summary>
    /// Removes the keys from one up to, not including, another: one record, however many they are.
    /// </summary>
    /// <param name="from">The first key to remove; empty for the first of all.</param>
    /// <param name="to">The key to stop before; empty for the end of the keyspace.</param>
    /// <param name="durability">When the call completes.</param>
    /// <param name="cancellationToken">Cancels the wait, never a write that was admitted.</param>
    /// <returns>The sequence of the removal.</returns>
    /// <exception cref="ArgumentException">A key is too long, or the range is reversed.</exception>
    /// <inheritdoc cref="PutAsync"/>
    public async ValueTask<long> DeleteRangeAsync(
        ReadOnlyMemory<byte> from,
        ReadOnlyMemory<byte> to,
        Durability durability = Durability.PowerLoss,
        CancellationToken cancellationToken = default)
    {
        WriteBatch batch = _engine.CreateBatch();
        batch.DeleteRange(this, from.Span, to.Span);
        CommitResult result = await _engine.CommitCoreAsync(batch, durability, cancellationToken)
            .ConfigureAwait(false);
        return result.Sequences.First;
    }

    /// <summary>Gives a key a value only if it is absent.</summary>
    /// <returns>Whether it was written, and the version made or in the way.</returns>
    /// <inheritdoc cref="PutAsync"/>
    public ValueTask<ConditionalResult> PutIfAbsentAsync(
        ReadOnlyMemory<byte> key,
        ReadOnlyMemory<byte> value,
        Durability durability = Durability.PowerLoss,
        DateTimeOffset? expiresAt = null,
        CancellationToken cancellationToken = default) =>
        CompareAndSetAsync(key, value, 0, durability, expiresAt, cancellationToken);

    /// <summary>
    /// Gives a key a value only if its value still has a version. Judged in the order of commits: of
    /// two that expect the same version, one is written.
    /// </summary>
    /// <param name="key">1 to 2,048 bytes; must not change until the call completes.</param>
    /// <param name="value">0 bytes to 64 MiB; must not change until the call completes.</param>
    /// <param name="expectedVersion">The version it must have; 0: it must be absent.</param>
    /// <param name="durability">
    /// When the call completes. A refusal completes once what it was judged against is as durable.
    /// </param>
    /// <param name="expiresAt">From when it is absent; null for never.</param>
    /// <param name="cancellationToken">Cancels the wait, never a write that was admitted.</param>
    /// <returns>Whether it was written, and the version made or in the way.</returns>
    /// <inheritdoc cref="PutAsync"/>
    public ValueTask<ConditionalResult> CompareAndSetAsync(
        ReadOnlyMemory<byte> key,
        ReadOnlyMemory<byte> value,
        long expectedVersion,
        Durability durability = Durability.PowerLoss,
        DateTimeOffset? expiresAt = null,
        CancellationToken cancellationToken = default)
    {
        KeyRules.CheckKey(key.Span);
        ArgumentOutOfRangeException.ThrowIfNegative(expectedVersion);
        StorageEngine.Check(durability);
        return value.Length <= _engine.ChunkBytes && Id.TryResolve(_engine.Facts, out uint id)
            ? SetSmallAsync(
                id, key, value, expectedVersion, durability, expiresAt, cancellationToken)
            : SetByBatchAsync(
                key, value, expectedVersion, durability, expiresAt, cancellationToken);
    }

    /// <summary>
    /// Gives the value of a key another expiry, by one small record: value and version stay. What a
    /// sliding expiry is renewed with.
    /// </summary>
    /// <param name="key">1 to 2,048 bytes; must not change until the call completes.</param>
    /// <param name="expiresAt">From when the value is absent; null for never.</param>
    /// <param name="durability">
    /// When the call completes. A crash that takes a touch leaves the expiry that was there before.
    /// </param>
    /// <param name="cancellationToken">Cancels the wait, never a write that was admitted.</param>
    /// <returns>
    /// False where the key is absent or its value has expired, which is judged as the touch is
    /// committed: what has expired is never revived. Await it once.
    /// </returns>
    /// <exception cref="ArgumentException">The key is empty or too long.</exception>
    /// <inheritdoc cref="PutAsync"/>
    public ValueTask<bool> TouchAsync(
        ReadOnlyMemory<byte> key,
        DateTimeOffset? expiresAt,
        Durability durability = Durability.PowerLoss,
        CancellationToken cancellationToken = default)
    {
        KeyRules.CheckKey(key.Span);
        StorageEngine.Check(durability);
        EngineWriter writer = _engine.Writer;
        return Id.TryResolve(_engine.Facts, out uint id)
            ? TouchAsync(
                writer, id, key, StorageEngine.ExpiryTicks(expiresAt), durability, cancellationToken)
            : new ValueTask<bool>(false);
    }

    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    private static async ValueTask<bool> TouchAsync(
        EngineWriter writer,
        uint id,
        ReadOnlyMemory<byte> key,
        long expiresTicks,
        Durability durability,
        CancellationToken cancellationToken)
    {
        writer.RequireSpace();
        ConditionalWrite touch = writer.Conditional.Rent(
            OperationKind.Touch, id, key.Span, default, expiresTicks, ConditionalWrite.AnyVersion);
        await writer.Conditional
            .AppendAsync(touch, EngineWriter.Level(durability), cancellationToken)
            .ConfigureAwait(false);

        // Of a keyspace that was dropped meanwhile nothing is there.
        bool touched = touch is { Applied: true, IsStale: false };
        writer.Conditional.Return(touch);
        return touched;
    }

    /// <summary>
    /// Goes through keys in order, as of this moment, with their values. Dispose it: it keeps what
    /// it reads alive.
    /// </summary>
    /// <param name="range">Which keys, and in which direction; all of them by default.</param>
    /// <exception cref="ArgumentException">A key is too long, or the range is reversed.</exception>
    /// <exception cref="ObjectDisposedException">The engine is closed.</exception>
    public KeyScan Scan(ScanRange range = default)
    {
        range.Validate();
        return new KeyScan(
            _engine.Reads, _engine.Reads.Pin(), ownsView: true, Id, range);
    }

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
        ConditionalWrite put = writer.Conditional.Rent(
            OperationKind.Put,
            id,
            key.Span,
            value.Span,
            StorageEngine.ExpiryTicks(expiresAt),
            expectedVersion);
        SequenceRange written = await writer.Conditional
            .AppendAsync(put, EngineWriter.Level(durability), cancellationToken)
            .ConfigureAwait(false);
        bool isStale = put.IsStale;
        ConditionalResult result = new(put.Applied, put.Applied ? written.First : put.Actual);
        writer.Conditional.Return(put);
        return isStale
            ? await SetByBatchAsync(
                key, value, expectedVersion, durability, expiresAt, cancellationToken)
                .ConfigureAwait(false)
            : result;
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
        CommitResult result = await _engine.CommitCoreAsync(batch, durability, cancellationToken)
            .ConfigureAwait(false);
        return result.Conflict is { } conflict
            ? new ConditionalResult(false, conflict.Actual)
            : new ConditionalResult(true, result.Sequences.First);
    }

    internal bool IsOf(StorageEngine engine) => ReferenceEquals(_engine, engine);
}
