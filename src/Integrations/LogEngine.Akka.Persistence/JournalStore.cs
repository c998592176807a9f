using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text;
using Akka.Persistence;

namespace LogEngine.Akka.Persistence;

/// <summary>
/// A journal in a keyspace of an engine. Writes of different persistence ids are handed to the engine side by side, so
/// they share its commits; those of one id, and its deletions, go one after the other. Thread-safe.
/// </summary>
internal sealed class JournalStore(
    StorageEngine engine, JournalState state, PayloadCodec codec, Durability? durability, bool keepsAllEvents)
{
    /// <summary>What is written by one commit, where it could be written by several; the engine takes 64 MiB.</summary>
    private const int MostBytesAtOnce = 16 << 20;

    /// <summary>Events that are deleted by one commit.</summary>
    private const int DeletedAtOnce = 256;

    private readonly Keyspace _keyspace = state.Keyspace;

    /// <summary>
    /// Completes once the events are durable: with null, or with why each of the writes was rejected and null for
    /// those that were not. Events are turned into bytes before it returns.
    /// </summary>
    /// <exception cref="InvalidOperationException">An event with a sequence number of these is there.</exception>
    internal Task<IImmutableList<Exception?>?> WriteAsync(IEnumerable<AtomicWrite> messages)
    {
        // All are of one persistent actor, which sends no more before it has the answer.
        AtomicWrite[] writes = [.. messages];
        if (writes.Length == 0)
        {
            return Task.FromResult<IImmutableList<Exception?>?>(null);
        }

        PreparedWrite[] prepared =
            [.. writes.Select(write => PreparedWrite.Of(write, codec, keepsAllEvents, engine.TimeProvider))];
        string persistenceId = writes[0].PersistenceId;
        return state.Work.RunAsync(persistenceId, () => WriteAsync(persistenceId, prepared));
    }

    internal async Task ReplayAsync(
        string persistenceId,
        long fromSequenceNr,
        long toSequenceNr,
        long max,
        Action<IPersistentRepresentation> callback)
    {
        if (max <= 0 || fromSequenceNr > toSequenceNr)
        {
            return;
        }

        ScanRange range = new(
            JournalKeys.Event(persistenceId, Math.Max(0, fromSequenceNr)),
            JournalKeys.Behind(JournalKeys.Event(persistenceId, toSequenceNr)))
        {
            Limit = max > int.MaxValue ? 0 : (int)max,
        };
        KeyScan scan = _keyspace.Scan(range);
        await using (scan.ConfigureAwait(false))
        {
            while (await scan.MoveNextAsync().ConfigureAwait(false))
            {
                callback(EventRow.Decode(scan.Key, scan.Value).ToPersistent(scan.Key, codec));
            }
        }
    }

    /// <summary>
    /// The highest sequence number that was ever written, once all writes of that id which are on their way are over:
    /// an actor that was started anew would give their numbers again.
    /// </summary>
    internal async Task<long> ReadHighestAsync(string persistenceId, CancellationToken cancellationToken)
    {
        await state.Work.WhenOver(persistenceId).WaitAsync(cancellationToken).ConfigureAwait(false);
        (_, long deleted) = await ReadDeletedAsync(persistenceId, cancellationToken).ConfigureAwait(false);
        return Math.Max(deleted, await ReadLastAsync(persistenceId, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>
    /// Removes the events up to a sequence number, and what leads to them. A crash on the way leaves the last of them.
    /// </summary>
    internal Task DeleteAsync(string persistenceId, long toSequenceNr) => state.Work.RunAsync(
        persistenceId,
        async () =>
        {
            while (await DeleteSomeAsync(persistenceId, toSequenceNr).ConfigureAwait(false))
            {
            }

            return true;
        });

    private async Task<IImmutableList<Exception?>?> WriteAsync(string persistenceId, PreparedWrite[] writes)
    {
        for (int next = 0; next < writes.Length;)
        {
            long bytes = 0;
            int first = next;
            do
            {
                bytes += writes[next++].Bytes;
            }
            while (next < writes.Length && bytes + writes[next].Bytes <= MostBytesAtOnce);

            await CommitAsync(persistenceId, writes.AsMemory(first..next)).ConfigureAwait(false);
        }

        return Array.TrueForAll(writes, write => write.Rejection is null)
            ? null
            : [.. writes.Select(write => write.Rejection)];
    }

    private async Task CommitAsync(string persistenceId, ReadOnlyMemory<PreparedWrite> writes)
    {
        if (!HasEvents(writes.Span))
        {
            return;
        }

        byte[] id = JournalKeys.Id(persistenceId);
        bool isListed = state.Known.Contains(persistenceId)
            || await _keyspace.ContainsAsync(id).ConfigureAwait(false);
        while (true)
        {
            WriteBatch batch = engine.CreateBatch();
            try
            {
                if (!isListed)
                {
                    batch.RequireAbsent(_keyspace, id);
                    batch.Put(_keyspace, id, new byte[8]);
                    batch.PutSequenced(_keyspace, JournalKeys.AllIds, Encoding.UTF8.GetBytes(persistenceId));
                }

                Fill(batch, writes.Span);
            }
            catch (RecordTooLargeException error) when (writes.Length == 1)
            {
                // More than any commit can hold. Several writes hold far less, but for one that is alone.
                writes.Span[0].Reject(error);
                return;
            }

            CommitResult result = await engine.TryCommitAsync(batch, durability).ConfigureAwait(false);
            if (result.Applied)
            {
                state.Known.Add(persistenceId);
                return;
            }

            if (isListed || !result.Conflict!.Key.Span.SequenceEqual(id))
            {
                throw new InvalidOperationException(
                    $"Nothing was written: '{persistenceId}' has an event "
                    + $"{JournalKeys.NumberOf(result.Conflict!.Key.Span)} already. Two actors write with the same "
                    + "persistence id.");
            }

            // Somebody else has written its first event meanwhile.
            isListed = true;
        }
    }

    private static bool HasEvents(ReadOnlySpan<PreparedWrite> writes)
    {
        foreach (PreparedWrite write in writes)
        {
            if (write.Events.Count > 0)
            {
                return true;
            }
        }

        return false;
    }

    private void Fill(WriteBatch batch, ReadOnlySpan<PreparedWrite> writes)
    {
        foreach (PreparedWrite write in writes)
        {
            foreach ((byte[] key, EventRow row, byte[] value) in write.Events)
            {
                batch.RequireAbsent(_keyspace, key);
                batch.Put(_keyspace, key, value);
                foreach (byte[] feed in row.Feeds())
                {
                    batch.PutSequenced(_keyspace, feed, key);
                }
            }
        }
    }

    /// <summary>False where nothing is left.</summary>
    private async Task<bool> DeleteSomeAsync(string persistenceId, long toSequenceNr)
    {
        byte[] id = JournalKeys.Id(persistenceId);
        (long version, long deleted) = await ReadDeletedAsync(persistenceId, default).ConfigureAwait(false);
        long last = await ReadLastAsync(persistenceId, default).ConfigureAwait(false);
        WriteBatch batch = engine.CreateBatch();
        int count = 0;
        KeyScan scan = _keyspace.Scan(new ScanRange(
            JournalKeys.Event(persistenceId, 0),
            JournalKeys.Behind(JournalKeys.Event(persistenceId, Math.Min(last, toSequenceNr))))
        {
            Limit = DeletedAtOnce,
        });
        await using (scan.ConfigureAwait(false))
        {
            while (await scan.MoveNextAsync().ConfigureAwait(false))
            {
                count++;
                batch.Delete(_keyspace, scan.Key);
                long inFeed = scan.Info.Version;
                foreach (byte[] feed in EventRow.Decode(scan.Key, scan.Value).Feeds())
                {
                    batch.Delete(_keyspace, JournalKeys.In(feed, ++inFeed));
                }
            }
        }

        if (count == 0)
        {
            return false;
        }

        // In the commit that removes the events: at no moment is the highest number forgotten. Whoever else deletes
        // here at the same time makes this one look again.
        byte[] highest = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(highest, Math.Max(last, deleted));
        batch.RequireVersion(_keyspace, id, version);
        batch.Put(_keyspace, id, highest);
        CommitResult result = await engine.TryCommitAsync(batch, durability).ConfigureAwait(false);
        return !result.Applied || count == DeletedAtOnce;
    }

    private async Task<(long Version, long Highest)> ReadDeletedAsync(
        string persistenceId, CancellationToken cancellationToken)
    {
        using StoredValue? stored = await _keyspace.GetAsync(JournalKeys.Id(persistenceId), cancellationToken)
            .ConfigureAwait(false);
        return stored is null ? (0, 0) : (stored.Version, BinaryPrimitives.ReadInt64BigEndian(stored.Memory.Span));
    }

    /// <summary>The sequence number of the last event that is there; 0 for none.</summary>
    private async Task<long> ReadLastAsync(string persistenceId, CancellationToken cancellationToken)
    {
        KeyValueEntry? last = await _keyspace
            .GetFirstAsync(
                ScanRange.Prefix(JournalKeys.EventsOf(persistenceId), reverse: true) with { KeysOnly = true },
                cancellationToken)
            .ConfigureAwait(false);
        return last is null ? 0 : JournalKeys.NumberOf(last.Key.Span);
    }
}
