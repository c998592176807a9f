using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace LogEngine.Stores.Queues;

/// <summary>The messages of one queue that are not delivered any more.</summary>
/// <remarks>Thread-safe. Lives as long as its queue.</remarks>
public sealed class DeadLetterQueue
{
    private readonly QueueParts _parts;

    internal DeadLetterQueue(QueueParts parts) => _parts = parts;

    /// <summary>How many there are.</summary>
    public long Count => _parts.Keyspaces.Dead.Count;

    /// <summary>All of them by id, as of the call.</summary>
    /// <param name="cancellationToken">Ends the enumeration.</param>
    public async IAsyncEnumerable<DeadLetter> ListAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using KeyScan scan = _parts.Keyspaces.Dead.Scan();
        await foreach (KeyValueEntry entry in scan.ReadAllAsync(cancellationToken)
            .ConfigureAwait(false))
        {
            long id = BinaryPrimitives.ReadInt64BigEndian(entry.Key.Span);
            yield return DeadLetterPath.Read(entry.Value, _parts.Name, id);
        }
    }

    /// <summary>Enqueues one anew, under a new id, in the batch that removes it from here.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="durability">When the call completes.</param>
    /// <param name="cancellationToken">Cancels the wait, never what was admitted.</param>
    /// <returns>False where there is none of that id.</returns>
    /// <exception cref="QueueFullException">The queue is at its limit; it stays here.</exception>
    public async ValueTask<bool> ReplayAsync(
        long id,
        Durability durability = Durability.PowerLoss,
        CancellationToken cancellationToken = default)
    {
        byte[] key = QueueEntry.IdKey(id);
        using StoredValue? value = await _parts.Keyspaces.Dead.GetAsync(key, cancellationToken)
            .ConfigureAwait(false);
        if (value is null)
        {
            return false;
        }

        (ReadOnlyMemory<byte> message, byte lane) = DeadLetterPath.MessageIn(value.Memory);
        WriteBatch batch = _parts.Engine.CreateBatch();
        batch.RequireVersion(_parts.Keyspaces.Dead, key, value.Version);
        batch.Delete(_parts.Keyspaces.Dead, key);
        batch.Observe(new EnqueueInBatch(
            _parts,
            [PreparedMessage.Again(message.Span, lane, _parts.Options, _parts.Now)],
            ownsBytes: true));
        CommitResult result = await _parts.Engine.TryCommitAsync(
            batch, durability, cancellationToken).ConfigureAwait(false);
        return result.Applied;
    }

    /// <summary>Enqueues all of them anew, one by one.</summary>
    /// <returns>How many.</returns>
    /// <inheritdoc cref="ReplayAsync"/>
    public async ValueTask<long> ReplayAllAsync(
        Durability durability = Durability.PowerLoss,
        CancellationToken cancellationToken = default)
    {
        long replayed = 0;
        foreach (long id in Ids())
        {
            replayed += await ReplayAsync(id, durability, cancellationToken).ConfigureAwait(false)
                ? 1
                : 0;
        }

        return replayed;
    }

    /// <summary>Removes one for good.</summary>
    /// <returns>False where there is none of that id.</returns>
    /// <inheritdoc cref="ReplayAsync"/>
    public async ValueTask<bool> DiscardAsync(
        long id,
        Durability durability = Durability.PowerLoss,
        CancellationToken cancellationToken = default)
    {
        byte[] key = QueueEntry.IdKey(id);
        using StoredValue? value = await _parts.Keyspaces.Dead.GetAsync(key, cancellationToken)
            .ConfigureAwait(false);
        if (value is null)
        {
            return false;
        }

        WriteBatch batch = _parts.Engine.CreateBatch();
        batch.RequireVersion(_parts.Keyspaces.Dead, key, value.Version);
        batch.Delete(_parts.Keyspaces.Dead, key);
        CommitResult result = await _parts.Engine.TryCommitAsync(
            batch, durability, cancellationToken).ConfigureAwait(false);
        return result.Applied;
    }

    /// <summary>Removes all of them for good.</summary>
    /// <returns>How many there were.</returns>
    /// <inheritdoc cref="ReplayAsync"/>
    public async ValueTask<long> DiscardAllAsync(
        Durability durability = Durability.PowerLoss,
        CancellationToken cancellationToken = default)
    {
        long count = Count;
        if (count > 0)
        {
            await _parts.Keyspaces.Dead.DeleteRangeAsync(
                default, default, durability, cancellationToken).ConfigureAwait(false);
        }

        return count;
    }

    private List<long> Ids()
    {
        List<long> ids = [];
        using KeyScan scan = _parts.Keyspaces.Dead.Scan(new ScanRange(default, KeysOnly: true));
        while (scan.MoveNext())
        {
            ids.Add(BinaryPrimitives.ReadInt64BigEndian(scan.Key));
        }

        return ids;
    }
}
