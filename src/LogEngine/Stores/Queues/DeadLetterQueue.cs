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

    /// <summary>
    /// All of them by id, as of the call; without those that are removed before their turn. One that
    /// is damaged is listed too: <see cref="DeadLetter.Unreadable"/>.
    /// </summary>
    /// <param name="cancellationToken">Ends the enumeration.</param>
    public async IAsyncEnumerable<DeadLetter> ListAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using KeyScan scan = _parts.Keyspaces.Dead.Scan(new ScanRange(default, KeysOnly: true));
        while (scan.MoveNext())
        {
            long id = QueueEntry.IdOf(scan.Key);
            if (await ReadAsync(scan.Key.ToArray(), id, cancellationToken).ConfigureAwait(false)
                is { } letter)
            {
                yield return letter;
            }
        }
    }

    /// <summary>Enqueues one anew, under a new id, in the batch that removes it from here.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="durability">When the call completes.</param>
    /// <param name="cancellationToken">Cancels the wait, never what was admitted.</param>
    /// <returns>False where there is none of that id.</returns>
    /// <exception cref="QueueFullException">The queue is at its limit; it stays here.</exception>
    /// <exception cref="UndecodableValueException">Its body was lost before; it stays here.</exception>
    /// <exception cref="CorruptionException">It is damaged; it stays here.</exception>
    /// <exception cref="StorageFullException">No space; it stays here.</exception>
    /// <exception cref="EngineFaultedException">A write or a sync failed, now or before.</exception>
    /// <exception cref="AppendCanceledException">The wait was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The queue or its engine is closed.</exception>
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

        (ReadOnlyMemory<byte> message, byte lane) =
            DeadLetterPath.MessageIn(value.Memory, _parts.Name, id);
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

    /// <summary>Enqueues all of them anew, one by one; those that cannot be read stay here.</summary>
    /// <param name="durability">When each of them is enqueued.</param>
    /// <param name="cancellationToken">Ends it between two of them.</param>
    /// <returns>How many.</returns>
    /// <exception cref="QueueFullException">The queue is at its limit; the rest stays here.</exception>
    /// <exception cref="StorageFullException">No space; the rest stays here.</exception>
    /// <exception cref="EngineFaultedException">A write or a sync failed, now or before.</exception>
    /// <exception cref="AppendCanceledException">The wait was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The queue or its engine is closed.</exception>
    public async ValueTask<long> ReplayAllAsync(
        Durability durability = Durability.PowerLoss,
        CancellationToken cancellationToken = default)
    {
        long replayed = 0;
        foreach (long id in Ids())
        {
            try
            {
                replayed += await ReplayAsync(id, durability, cancellationToken)
                    .ConfigureAwait(false) ? 1 : 0;
            }
            catch (Exception error) when (
                BodyReader.IsDamage(error) || error is StorageIOException)
            {
                // It stays, and is listed with what is wrong with it.
            }
        }

        return replayed;
    }

    /// <summary>Removes one for good, damaged or not.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="durability">When the call completes.</param>
    /// <param name="cancellationToken">Cancels the wait, never what was admitted.</param>
    /// <returns>False where there is none of that id.</returns>
    /// <exception cref="StorageFullException">No space; it stays here.</exception>
    /// <exception cref="EngineFaultedException">A write or a sync failed, now or before.</exception>
    /// <exception cref="AppendCanceledException">The wait was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The queue or its engine is closed.</exception>
    public async ValueTask<bool> DiscardAsync(
        long id,
        Durability durability = Durability.PowerLoss,
        CancellationToken cancellationToken = default)
    {
        byte[] key = QueueEntry.IdKey(id);
        if (!_parts.Keyspaces.Dead.TryGetInfo(key, out ValueInfo info))
        {
            return false;
        }

        WriteBatch batch = _parts.Engine.CreateBatch();
        batch.RequireVersion(_parts.Keyspaces.Dead, key, info.Version);
        batch.Delete(_parts.Keyspaces.Dead, key);
        CommitResult result = await _parts.Engine.TryCommitAsync(
            batch, durability, cancellationToken).ConfigureAwait(false);
        return result.Applied;
    }

    /// <summary>Removes all of them for good.</summary>
    /// <returns>How many there were.</returns>
    /// <inheritdoc cref="DiscardAsync"/>
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

    private async ValueTask<DeadLetter?> ReadAsync(
        byte[] key, long id, CancellationToken cancellationToken)
    {
        try
        {
            using StoredValue? value = await _parts.Keyspaces.Dead.GetAsync(key, cancellationToken)
                .ConfigureAwait(false);
            return value is null
                ? null
                : DeadLetterPath.Read(value.Memory.ToArray(), _parts.Name, id);
        }
        catch (Exception error) when (BodyReader.IsDamage(error) || error is StorageIOException)
        {
            StoredMessage none = StoredMessage.None;
            return new DeadLetter(
                id, 0, none.Body, none.Headers, none.EnqueuedAt, none.EnqueuedAt, 0, "")
            {
                Unreadable = error.Message,
            };
        }
    }

    private List<long> Ids()
    {
        List<long> ids = [];
        using KeyScan scan = _parts.Keyspaces.Dead.Scan(new ScanRange(default, KeysOnly: true));
        while (scan.MoveNext())
        {
            ids.Add(QueueEntry.IdOf(scan.Key));
        }

        return ids;
    }
}
