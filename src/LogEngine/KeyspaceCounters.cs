namespace LogEngine;

/// <summary>Counters by keys that are text, and their numbers read.</summary>
public static class KeyspaceCounters
{
    /// <summary>The number that a counter has; 0 where the key is absent.</summary>
    /// <param name="keyspace">The keyspace, now or as of a view.</param>
    /// <param name="key">1 to 2,048 bytes.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="NoCounterException">The value is no counter: it has not 8 bytes.</exception>
    public static async ValueTask<long> GetCounterAsync(
        this KeyspaceReader keyspace,
        ReadOnlyMemory<byte> key,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(keyspace);
        using StoredValue? value = await keyspace.GetAsync(key, cancellationToken)
            .ConfigureAwait(false);
        return Counter.Read(value, keyspace.Name);
    }

    /// <summary>The same by a key that is text.</summary>
    /// <param name="keyspace">The keyspace, now or as of a view.</param>
    /// <param name="key">The key.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="NoCounterException">The value is no counter: it has not 8 bytes.</exception>
    public static ValueTask<long> GetCounterAsync(
        this KeyspaceReader keyspace, string key, CancellationToken cancellationToken = default) =>
        keyspace.GetCounterAsync(TextRules.Encode(key, nameof(key)), cancellationToken);

    /// <summary>
    /// Adds to a counter, as
    /// <see cref="Keyspace.IncrementAsync(ReadOnlyMemory{byte}, long, Durability?, DateTimeOffset?, CancellationToken)"/>
    /// does.
    /// </summary>
    /// <param name="keyspace">The keyspace.</param>
    /// <param name="key">The key.</param>
    /// <param name="delta">What is added; below 0 to subtract.</param>
    /// <param name="durability">When the call completes; the engine's default where null.</param>
    /// <param name="expiresAt">From when the key is absent; null: as it was, and never for a new one.</param>
    /// <param name="cancellationToken">Cancels the wait, never a write that was admitted.</param>
    /// <returns>The number with what was added. Await it once.</returns>
    public static ValueTask<long> IncrementAsync(
        this Keyspace keyspace,
        string key,
        long delta = 1,
        Durability? durability = null,
        DateTimeOffset? expiresAt = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(keyspace);
        return keyspace.IncrementAsync(
            TextRules.Encode(key, nameof(key)), delta, durability, expiresAt, cancellationToken);
    }

    /// <summary>Lets a batch add to a counter.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="keyspace">A keyspace of the same engine.</param>
    /// <param name="key">The key.</param>
    /// <param name="delta">What is added; below 0 to subtract.</param>
    /// <returns>The number with what was added, known once the batch has been committed.</returns>
    public static PendingValue<long> Increment(
        this WriteBatch batch, Keyspace keyspace, string key, long delta = 1)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return batch.Increment(keyspace, TextRules.Encode(key, nameof(key)), delta);
    }
}
