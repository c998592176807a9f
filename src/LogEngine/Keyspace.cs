using System.Diagnostics.CodeAnalysis;
using LogEngine.Engine;

namespace LogEngine;

/// <summary>A named, ordered set of keys with values in a <see cref="StorageEngine"/>.</summary>
/// <remarks>
/// <para>
/// Thread-safe. Keys are ordered byte by byte. A keyspace that does not exist behaves as an empty
/// one; its first write creates it. It lives as long as its engine.
/// </para>
/// <para>
/// A write that was acknowledged can be read at once. A version acknowledged below
/// <see cref="Durability.PowerLoss"/> may belong to another write after a power loss.
/// </para>
/// </remarks>
public abstract class Keyspace : KeyspaceReader
{
    private readonly StorageEngine _engine;

    /// <summary>For engines.</summary>
    /// <param name="engine">The engine that it is in.</param>
    /// <param name="name">Its name.</param>
    protected Keyspace(StorageEngine engine, string name)
        : base(name)
    {
        ArgumentNullException.ThrowIfNull(engine);
        _engine = engine;
        Id = new NameOf(this);
    }

    /// <summary>Its name, with the id that it has where an engine numbers its keyspaces.</summary>
    internal KeyspaceName Id { get; }

    /// <summary>Gives a key a value, whatever was there.</summary>
    /// <param name="key">1 to 2,048 bytes; must not change until the call completes.</param>
    /// <param name="value">0 bytes to 64 MiB; must not change until the call completes.</param>
    /// <param name="durability">When the call completes; the engine's default where null.</param>
    /// <param name="expiresAt">From when it is absent; null for never.</param>
    /// <param name="cancellationToken">Cancels the wait, never a write that was admitted.</param>
    /// <returns>The value's version. Await it once.</returns>
    /// <exception cref="ArgumentException">The key is empty or too long.</exception>
    /// <exception cref="RecordTooLargeException">The value exceeds 64 MiB.</exception>
    /// <exception cref="StorageFullException">No space; nothing was written.</exception>
    /// <exception cref="StorageFaultedException">A write or a sync failed, now or before.</exception>
    /// <exception cref="AppendCanceledException">The wait was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The engine is closed.</exception>
    public abstract ValueTask<long> PutAsync(
        ReadOnlyMemory<byte> key,
        ReadOnlyMemory<byte> value,
        Durability? durability = null,
        DateTimeOffset? expiresAt = null,
        CancellationToken cancellationToken = default);

    /// <summary>
    /// As <see cref="PutAsync"/>, blocking the calling thread: for callers that would block for the
    /// outcome anyway.
    /// </summary>
    /// <param name="key">1 to 2,048 bytes.</param>
    /// <param name="value">0 bytes to 64 MiB.</param>
    /// <param name="durability">When the call returns; the engine's default where null.</param>
    /// <param name="expiresAt">From when it is absent; null for never.</param>
    /// <returns>The value's version.</returns>
    /// <inheritdoc cref="PutAsync"/>
    public virtual long Put(
        ReadOnlySpan<byte> key,
        ReadOnlySpan<byte> value,
        Durability? durability = null,
        DateTimeOffset? expiresAt = null) =>
        PutAsync(key.ToArray(), value.ToArray(), durability, expiresAt, CancellationToken.None)
            .AsTask().GetAwaiter().GetResult();

    /// <summary>As <see cref="DeleteAsync"/>, blocking the calling thread.</summary>
    /// <param name="key">1 to 2,048 bytes.</param>
    /// <param name="durability">When the call returns; the engine's default where null.</param>
    /// <returns>The sequence of the removal.</returns>
    /// <inheritdoc cref="PutAsync"/>
    public virtual long Delete(ReadOnlySpan<byte> key, Durability? durability = null) =>
        DeleteAsync(key.ToArray(), durability, CancellationToken.None)
            .AsTask().GetAwaiter().GetResult();

    /// <summary>Removes a key; no error where it is absent.</summary>
    /// <param name="key">1 to 2,048 bytes; must not change until the call completes.</param>
    /// <param name="durability">When the call completes; the engine's default where null.</param>
    /// <param name="cancellationToken">Cancels the wait, never a write that was admitted.</param>
    /// <returns>The sequence of the removal. Await it once.</returns>
    /// <inheritdoc cref="PutAsync"/>
    public abstract ValueTask<long> DeleteAsync(
        ReadOnlyMemory<byte> key,
        Durability? durability = null,
        CancellationToken cancellationToken = default);

    /// <summary>
    /// Removes a key if it is there, or if its value still has a version; says whether it did. Judged in the
    /// order of commits.
    /// </summary>
    /// <param name="key">1 to 2,048 bytes; must not change until the call completes.</param>
    /// <param name="expectedVersion">The version it must have, from 1; null for any.</param>
    /// <param name="durability">
    /// When the call completes; the engine's default where null. A refusal completes once what it was
    /// judged against is as durable.
    /// </param>
    /// <param name="cancellationToken">Cancels the wait, never a write that was admitted.</param>
    /// <returns>
    /// Whether it was removed, and the version that it had: 0 where it was absent or had expired.
    /// </returns>
    /// <inheritdoc cref="PutAsync"/>
    public abstract ValueTask<ConditionalResult> TryDeleteAsync(
        ReadOnlyMemory<byte> key,
        long? expectedVersion = null,
        Durability? durability = null,
        CancellationToken cancellationToken = default);

    /// <summary>
    /// Removes the keys from one up to, not including, another: one operation, however many they are.
    /// </summary>
    /// <param name="from">The first key to remove; empty for the first of all.</param>
    /// <param name="to">The key to stop before; empty for the end of the keyspace.</param>
    /// <param name="durability">When the call completes; the engine's default where null.</param>
    /// <param name="cancellationToken">Cancels the wait, never a write that was admitted.</param>
    /// <returns>The sequence of the removal.</returns>
    /// <exception cref="ArgumentException">A key is too long, or the range is reversed.</exception>
    /// <inheritdoc cref="PutAsync"/>
    [SuppressMessage(
        "Naming", "CA1716", Justification = "A keyword of Visual Basic alone, where it can be escaped.")]
    public abstract ValueTask<long> DeleteRangeAsync(
        ReadOnlyMemory<byte> from,
        ReadOnlyMemory<byte> to,
        Durability? durability = null,
        CancellationToken cancellationToken = default);

    /// <summary>Gives a key a value only if it is absent.</summary>
    /// <returns>Whether it was written, and the version made or in the way.</returns>
    /// <inheritdoc cref="PutAsync"/>
    public ValueTask<ConditionalResult> PutIfAbsentAsync(
        ReadOnlyMemory<byte> key,
        ReadOnlyMemory<byte> value,
        Durability? durability = null,
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
    /// When the call completes; the engine's default where null. A refusal completes once what it was
    /// judged against is as durable.
    /// </param>
    /// <param name="expiresAt">From when it is absent; null for never.</param>
    /// <param name="cancellationToken">Cancels the wait, never a write that was admitted.</param>
    /// <returns>Whether it was written, and the version made or in the way.</returns>
    /// <inheritdoc cref="PutAsync"/>
    public abstract ValueTask<ConditionalResult> CompareAndSetAsync(
        ReadOnlyMemory<byte> key,
        ReadOnlyMemory<byte> value,
        long expectedVersion,
        Durability? durability = null,
        DateTimeOffset? expiresAt = null,
        CancellationToken cancellationToken = default);

    /// <summary>
    /// Gives the value of a key another expiry, by one small record: value and version stay. What a
    /// sliding expiry is renewed with.
    /// </summary>
    /// <param name="key">1 to 2,048 bytes; must not change until the call completes.</param>
    /// <param name="expiresAt">From when the value is absent; null for never.</param>
    /// <param name="durability">
    /// When the call completes; the engine's default where null. A crash that takes a touch leaves the expiry that was there before.
    /// </param>
    /// <param name="cancellationToken">Cancels the wait, never a write that was admitted.</param>
    /// <returns>
    /// False where the key is absent or its value has expired, which is judged as the touch is
    /// committed: what has expired is never revived. Await it once.
    /// </returns>
    /// <exception cref="ArgumentException">The key is empty or too long.</exception>
    /// <inheritdoc cref="PutAsync"/>
    public abstract ValueTask<bool> TouchAsync(
        ReadOnlyMemory<byte> key,
        DateTimeOffset? expiresAt,
        Durability? durability = null,
        CancellationToken cancellationToken = default);

    internal bool IsOf(StorageEngine engine) => ReferenceEquals(_engine, engine);

    /// <summary>The keyspace of a batch's operation.</summary>
    internal static Keyspace Of(KeyspaceName name) => ((NameOf)name).Keyspace;

    /// <summary>Leads from the name, which is all that a batch keeps, back to the keyspace.</summary>
    private sealed class NameOf(Keyspace keyspace) : KeyspaceName(keyspace.Name)
    {
        internal Keyspace Keyspace => keyspace;
    }
}
