namespace LogEngine.Stores.Queues;

/// <summary>
/// Delivery counts whose messages have been acknowledged: they are removed many at a time, which
/// spares every acknowledgement a record and a wait of its own.
/// </summary>
/// <remarks>
/// Thread-safe. One that a crash leaves behind has no message any more, and is swept by the next open.
/// </remarks>
internal sealed class SettledAttempts(EmbeddedEngine engine, EmbeddedKeyspace attempts)
{
    private const int Most = 256;

    private readonly Lock _gate = new();
    private List<long> _ids = new(Most);
    private Task _removing = Task.CompletedTask;

    /// <summary>The message of this id is gone.</summary>
    internal void Add(long id)
    {
        lock (_gate)
        {
            _ids.Add(id);
            if (_ids.Count < Most || !_removing.IsCompleted)
            {
                return;
            }
        }

        Remove();
    }

    /// <summary>Completes when all that were added are removed, or cannot be.</summary>
    internal async Task RemoveAllAsync()
    {
        Remove();
        Task removing;
        lock (_gate)
        {
            removing = _removing;
        }

        await removing.ConfigureAwait(false);
    }

    private void Remove()
    {
        List<long> ids;
        Task before;

        // Completed in place, outside the gate: no thread of the pool is needed to go on.
        TaskCompletionSource removed = new();
        lock (_gate)
        {
            ids = _ids;
            before = _removing;
            if (ids.Count == 0)
            {
                return;
            }

            _ids = new List<long>(Most);
            _removing = removed.Task;
        }

        _ = RemoveAsync(ids, before, removed);
    }

    private async Task RemoveAsync(List<long> ids, Task before, TaskCompletionSource removed)
    {
        try
        {
            await before.ConfigureAwait(false);
            WriteBatch batch = engine.CreateBatch();
            foreach (long id in ids)
            {
                batch.Delete(attempts, QueueEntry.IdKey(id));
            }

            await engine.CommitAsync(batch, Durability.ProcessCrash).ConfigureAwait(false);
        }
        catch (Exception error) when (error is StorageFullException or StorageFaultedException
            or ObjectDisposedException)
        {
            // The next open sweeps them.
        }
        finally
        {
            removed.SetResult();
        }
    }
}
