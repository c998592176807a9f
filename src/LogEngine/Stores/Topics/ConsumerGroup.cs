using LogEngine.Telemetry;

namespace LogEngine.Stores.Topics;

/// <summary>
/// A named reader of a topic with a durable cursor. What it has read and not committed it reads again
/// after the next open.
/// </summary>
/// <remarks>
/// Thread-safe; several consumers may share it, and each record is read by one of them. One object of a
/// name per topic.
/// </remarks>
public sealed class ConsumerGroup
{
    private readonly Topic _topic;
    private readonly byte[] _key;
    private readonly SemaphoreSlim _reading = new(1, 1);
    private readonly SemaphoreSlim _committing = new(1, 1);
    private readonly Lock _gate = new();
    private long _cursor;
    private long _position;
    private bool _moving;

    /// <summary>It is deleted, or about to be: what it commits would bring it back.</summary>
    private bool _deleted;

    internal ConsumerGroup(Topic topic, string name, byte[] key, long cursor)
    {
        _topic = topic;
        Name = name;
        _key = key;
        _cursor = cursor;
        _position = cursor;
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>Offset of the first record that it has not committed.</summary>
    public long Cursor => Volatile.Read(ref _cursor);

    /// <summary>Offset from which it reads on.</summary>
    public long Position => Volatile.Read(ref _position);

    /// <summary>Reads on from where it is, waiting for the first record.</summary>
    /// <param name="most">Most records, from 1.</param>
    /// <param name="wait">How long; <see cref="Timeout.InfiniteTimeSpan"/> for ever.</param>
    /// <param name="cancellationToken">Ends the wait; nothing is passed over.</param>
    /// <exception cref="UnreadableRecordException">
    /// The next record is damaged, or cannot be read now; the group stays before it.
    /// </exception>
    /// <exception cref="StorageFaultedException">
    /// There is none to read and the engine is faulted: none will come.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The topic or its engine is closed.</exception>
    public ValueTask<TopicRead> ReadAsync(
        int most, TimeSpan wait = default, CancellationToken cancellationToken = default) =>
        _topic.WaitForRecordsAsync(
            () => Position,
            end => ReadNowAsync(end, most, cancellationToken),
            most,
            wait,
            cancellationToken);

    /// <summary>
    /// Says that everything up to and including an offset is done with. Less than was said before
    /// changes nothing.
    /// </summary>
    /// <param name="offset">Offset of the last record done with.</param>
    /// <param name="durability">When the call completes; the engine's default where null.</param>
    /// <param name="cancellationToken">Cancels before it is begun.</param>
    /// <exception cref="ArgumentOutOfRangeException">It has not been given to anybody.</exception>
    /// <exception cref="StorageFullException">No space; nothing was written.</exception>
    /// <exception cref="StorageFaultedException">A write or a sync failed, now or before.</exception>
    /// <exception cref="ObjectDisposedException">The topic or its engine is closed.</exception>
    public async ValueTask CommitAsync(
        long offset,
        Durability? durability = null,
        CancellationToken cancellationToken = default)
    {
        Check(offset);
        await _committing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (offset >= Cursor)
            {
                await MoveAsync(offset + 1, durability, mayGoBack: false).ConfigureAwait(false);
            }
        }
        finally
        {
            _committing.Release();
        }

        await _topic.TrimBehindAsync().ConfigureAwait(false);
    }

    /// <summary>
    /// Lets a batch move the cursor, with what was made of the records. One move at a time: a batch
    /// that commits during another one's fails.
    /// </summary>
    /// <param name="batch">A batch of the same engine.</param>
    /// <param name="offset">Offset of the last record done with.</param>
    /// <exception cref="ArgumentOutOfRangeException">
    /// It has not been given to anybody, or is before the cursor.
    /// </exception>
    public void Commit(WriteBatch batch, long offset)
    {
        ArgumentNullException.ThrowIfNull(batch);
        Check(offset);
        ArgumentOutOfRangeException.ThrowIfLessThan(offset, Cursor);
        batch.Observe(new CursorInBatch(
            this, _topic.Keyspaces.Cursors, _key, offset + 1, mayGoBack: false));
    }

    /// <summary>Moves cursor and position to an offset, back or forward.</summary>
    /// <param name="offset">
    /// Offset of the record to read next, from 1; beyond the end counts as the end.
    /// </param>
    /// <param name="durability">When the call completes; the engine's default where null.</param>
    /// <param name="cancellationToken">Cancels before it is begun.</param>
    /// <inheritdoc cref="CommitAsync"/>
    public async ValueTask ResetAsync(
        long offset,
        Durability? durability = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(offset, 1);
        await _committing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            long to = Math.Min(offset, _topic.NextOffset);
            await MoveAsync(to, durability, mayGoBack: true).ConfigureAwait(false);
            Interlocked.Exchange(ref _position, to);
        }
        finally
        {
            _committing.Release();
        }
    }

    /// <summary>Begins to move the cursor; gives where it is.</summary>
    /// <exception cref="InvalidOperationException">
    /// Another move is on its way, or the group is deleted.
    /// </exception>
    internal long BeginMove()
    {
        lock (_gate)
        {
            if (_deleted)
            {
                throw new InvalidOperationException($"Group '{Name}' is deleted.");
            }

            if (_moving)
            {
                throw new InvalidOperationException(
                    $"The cursor of group '{Name}' is being moved already; one commit at a time.");
            }

            _moving = true;
            return Cursor;
        }
    }

    /// <summary>
    /// Removes the cursor; whoever still has the group moves it no more, which would bring it back.
    /// </summary>
    /// <returns>False where it is deleted already.</returns>
    internal async ValueTask<bool> DeleteAsync(CancellationToken cancellationToken)
    {
        await _committing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (Volatile.Read(ref _deleted))
            {
                return false;
            }

            BeginMove();
            bool deleted = false;
            try
            {
                await _topic.Keyspaces.Cursors.DeleteAsync(_key, cancellationToken: cancellationToken)
                    .ConfigureAwait(false);
                deleted = true;
            }
            finally
            {
                lock (_gate)
                {
                    _moving = false;
                    _deleted = deleted;
                }
            }

            return true;
        }
        finally
        {
            _committing.Release();
        }
    }

    internal void EndMove(long? cursor)
    {
        lock (_gate)
        {
            _moving = false;
            if (cursor is { } moved)
            {
                Volatile.Write(ref _cursor, moved);
            }
        }
    }

    /// <summary>Only this is done one at a time; a consumer that waits is in nobody's way.</summary>
    private async ValueTask<TopicRead> ReadNowAsync(
        long end, int most, CancellationToken cancellationToken)
    {
        await _reading.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            long from = Position;
            TopicRead read = await _topic.ReadNowAsync(from, end, most, cancellationToken)
                .ConfigureAwait(false);
            if (read.Missed > 0)
            {
                LogEvents.RecordsMissed(_topic.Logger, _topic.Name, Name, read.Missed);
            }

            if (read.Records.Count > 0)
            {
                // A reset meanwhile wins.
                Interlocked.CompareExchange(ref _position, read.Records[^1].Offset + 1, from);
            }

            return read;
        }
        finally
        {
            _reading.Release();
        }
    }

    private async ValueTask MoveAsync(long cursor, Durability? durability, bool mayGoBack)
    {
        WriteBatch batch = _topic.Engine.CreateBatch();
        batch.Observe(new CursorInBatch(
            this, _topic.Keyspaces.Cursors, _key, cursor, mayGoBack));
        await _topic.Engine.CommitAsync(batch, durability).ConfigureAwait(false);
    }

    private void Check(long offset)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(offset, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(offset, _topic.NextOffset);
    }
}
