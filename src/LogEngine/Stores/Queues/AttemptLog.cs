using System.Runtime.CompilerServices;
using LogEngine.Awaiting;

namespace LogEngine.Stores.Queues;

/// <summary>Counts deliveries in the log, and removes the counts of messages that are gone.</summary>
/// <remarks>
/// Thread-safe. Of a message that was there before this open the count is written before anybody has it:
/// so one that kills its process is known to have been delivered. (And so is the first one of an open, which
/// may have to create what counts are kept in.) Of one that was enqueued since nobody
/// waits for it; should it kill the process, it will have been there before the next open. Written, not
/// synced. A count that is refused, on a full disk, stops no delivery, or nothing could be taken out of
/// such a disk; then memory alone counts.
/// </remarks>
internal sealed class AttemptLog
{
    private readonly EmbeddedEngine _engine;
    private readonly EmbeddedKeyspace _attempts;
    private readonly Lock _lock;
    private readonly DeliveryCounts _counts;
    private readonly Action _onWritten;

    /// <summary>Of the write that is on its way, as what follows.</summary>
    private readonly byte[] _key = new byte[sizeof(long)];
    private readonly byte[] _value = new byte[AttemptCodec.MaxSize];
    private ConfiguredValueTaskAwaitable.ConfiguredValueTaskAwaiter _write;

    /// <param name="engine">The engine.</param>
    /// <param name="attempts">Where the counts are.</param>
    /// <param name="gate">The queue's lock.</param>
    /// <param name="counts">What is to be written; guarded by that lock.</param>
    internal AttemptLog(
        EmbeddedEngine engine, EmbeddedKeyspace attempts, Lock gate, DeliveryCounts counts)
    {
        _engine = engine;
        _attempts = attempts;
        _lock = gate;
        _counts = counts;
        _onWritten = OnWritten;
    }

    /// <summary>
    /// Of deliveries that are about to be, counts those that are counted first, all with one write.
    /// </summary>
    [AsyncMethodBuilder(typeof(PooledMethodBuilder))]
    internal async ValueTask CountAsync(List<Lease> leases)
    {
        WriteBatch? batch = null;
        foreach (Lease lease in leases)
        {
            if (lease.IsCountedFirst)
            {
                QueueEntry counted = lease.Entry.Counted();
                batch ??= _engine.CreateBatch();
                batch.Put(
                    _attempts,
                    QueueEntry.IdKey(counted.Id),
                    AttemptCodec.Encode(counted, counted.Deliveries, 0));
            }
        }

        if (batch is null)
        {
            return;
        }

        try
        {
            await _engine.CommitAsync(batch, Durability.ProcessCrash).ConfigureAwait(false);
        }
        catch (StorageFullException)
        {
            // Not counted in the log.
            return;
        }

        lock (_lock)
        {
            _counts.HaveBegun = true;
        }
    }

    /// <summary>Keeps a message's count with the time before which it is not delivered again.</summary>
    internal async ValueTask DelayAsync(
        QueueEntry entry, long notBeforeTicks, Durability durability)
    {
        Task? written;
        lock (_lock)
        {
            written = _counts.WhenWritten(entry.Id);
        }

        if (written is not null)
        {
            // The last one in the log is the one that counts.
            await written.ConfigureAwait(false);
        }

        await _attempts.PutAsync(
            QueueEntry.IdKey(entry.Id),
            AttemptCodec.Encode(entry, entry.Deliveries, notBeforeTicks),
            durability).ConfigureAwait(false);
    }

    /// <summary>Writes what is due, and then what has become due meanwhile. Never under the lock.</summary>
    internal void Write()
    {
        while (TryBegin())
        {
#pragma warning disable CA2012 // Its result is taken once: here, or when it is there.
            ConfiguredValueTaskAwaitable.ConfiguredValueTaskAwaiter write =
                WriteOnceAsync().ConfigureAwait(false).GetAwaiter();
#pragma warning restore CA2012
            if (!write.IsCompleted)
            {
                _write = write;
                write.UnsafeOnCompleted(_onWritten);
                return;
            }

            write.GetResult();
            End();
        }
    }

    /// <summary>The queue is closed: completes when all of it is written and removed, or cannot be.</summary>
    internal async Task CloseAsync()
    {
        Task? written;
        do
        {
            lock (_lock)
            {
                _counts.Close();
            }

            Write();
            lock (_lock)
            {
                written = _counts.WhenWritten();
            }

            await (written ?? Task.CompletedTask).ConfigureAwait(false);
        }
        while (written is not null);
    }

    private void OnWritten()
    {
        _write.GetResult();
        End();
        Write();
    }

    private bool TryBegin()
    {
        lock (_lock)
        {
            return _counts.TryBeginWrite();
        }
    }

    private void End()
    {
        TaskCompletionSource? written;
        lock (_lock)
        {
            written = _counts.EndWrite();
        }

        written?.SetResult();
    }

    [AsyncMethodBuilder(typeof(PooledMethodBuilder))]
    private async ValueTask WriteOnceAsync()
    {
        try
        {
            if (_counts.Writing.Count == 1)
            {
                // Most often where there is little to do: without a batch.
                QueueEntry.WriteId(_key, _counts.Writing[0].Id);
                int length = Encode(_counts.Writing[0]);
                await _attempts.PutAsync(
                    _key, _value.AsMemory(0, length), Durability.ProcessCrash)
                    .ConfigureAwait(false);
            }
            else
            {
                await _engine.CommitAsync(Batch(), Durability.ProcessCrash).ConfigureAwait(false);
            }
        }
        catch (Exception error) when (error is LogEngineException or ObjectDisposedException)
        {
            // Counts in memory go on; what was to be removed is swept by the next open.
        }
    }

    private WriteBatch Batch()
    {
        WriteBatch batch = _engine.CreateBatch();
        foreach (QueueEntry entry in _counts.Writing)
        {
            QueueEntry.WriteId(_key, entry.Id);
            batch.Put(_attempts, _key, _value.AsSpan(0, Encode(entry)));
        }

        foreach (long id in _counts.Removing)
        {
            QueueEntry.WriteId(_key, id);
            batch.Delete(_attempts, _key);
        }

        return batch;
    }

    private int Encode(in QueueEntry entry) =>
        AttemptCodec.Write(_value, entry, entry.Deliveries, 0);
}
