using LogEngine.Testing.Model;

namespace LogEngine.Testing;

/// <summary>
/// Remembers what was written to an engine and what was acknowledged, outside the disk that crashes;
/// and says whether an engine opened after a crash is what it promised to be: the fold of the first
/// of the batches, up to a whole one, with all that was acknowledged among them, versions included.
/// </summary>
/// <remarks>
/// One oracle follows one engine from its creation. It takes every write. Not thread-safe.
/// </remarks>
public sealed class EngineOracle
{
    private readonly EngineJournal _journal = new();

    /// <summary>Puts through the oracle.</summary>
    public async Task<long> PutAsync(
        EmbeddedEngine engine,
        EmbeddedKeyspace keyspace,
        ReadOnlyMemory<byte> key,
        ReadOnlyMemory<byte> value,
        Durability? durability = null,
        DateTimeOffset? expiresAt = null)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(keyspace);
        CommitResult result = await _journal.Commit(
            engine,
            [
                ModelOperation.Put(
                    keyspace.Name, key.Span, value.Span, EmbeddedEngine.ExpiryTicks(expiresAt)),
            ],
            [],
            durability ?? engine.DefaultDurability,
            () => Single(keyspace.PutAsync(key, value, durability, expiresAt))).ConfigureAwait(true);
        return result.Sequences.First;
    }

    /// <summary>Deletes through the oracle.</summary>
    public async Task<long> DeleteAsync(
        EmbeddedEngine engine,
        EmbeddedKeyspace keyspace,
        ReadOnlyMemory<byte> key,
        Durability? durability = null)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(keyspace);
        CommitResult result = await _journal.Commit(
            engine,
            [ModelOperation.Delete(keyspace.Name, key.Span)],
            [],
            durability ?? engine.DefaultDurability,
            () => Single(keyspace.DeleteAsync(key, durability))).ConfigureAwait(true);
        return result.Sequences.First;
    }

    /// <summary>Commits a batch through the oracle, with or without conditions.</summary>
    public Task<CommitResult> TryCommitAsync(
        EmbeddedEngine engine, WriteBatch batch, Durability? durability = null)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(batch);
        return _journal.Commit(
            engine,
            ModelOperation.Of(batch),
            ModelCondition.Of(batch),
            durability ?? engine.DefaultDurability,
            () => engine.TryCommitAsync(batch, durability).AsTask());
    }

    /// <summary>Drops a keyspace through the oracle; false where there is none.</summary>
    public async Task<bool> DropKeyspaceAsync(EmbeddedEngine engine, string name)
    {
        ArgumentNullException.ThrowIfNull(engine);
        EmbeddedKeyspace keyspace = engine.GetKeyspace(name);
        if (!engine.ListKeyspaces().Contains(name))
        {
            return false;
        }

        WriteBatch batch = engine.CreateBatch();
        batch.Content.Drop(keyspace.Id);
        await TryCommitAsync(engine, batch).ConfigureAwait(true);
        return true;
    }

    /// <summary>What must and may be there if the machine dies now.</summary>
    public EnginePromise Promise() => new(_journal.Now());

    /// <summary>
    /// Goes on with an engine that was opened after a crash: what it shows is durable, the rest is
    /// gone.
    /// </summary>
    public void Reopened(EmbeddedEngine engine)
    {
        ArgumentNullException.ThrowIfNull(engine);
        _journal.Reopened(EngineProbe.Read(engine));
    }

    private static async Task<CommitResult> Single(ValueTask<long> write)
    {
        long sequence = await write.ConfigureAwait(false);
        return new CommitResult(true, new SequenceRange(sequence, sequence), null);
    }
}
