using LogEngine.Telemetry;

namespace LogEngine.Stores.Topics;

/// <summary>
/// A named reader of a topic with a durable cursor. What it has read and not committed it reads again
/// after the next open.
/// </summary>
/// <remarks>
/// <para>
/// Thread-safe; several consumers in a process may share it, also through several objects of the topic, and each
/// record is read by one of them.
/// </para>
/// <para>
/// Where several processes work on the topic (<see cref="EngineCapabilities.IsShared"/>), each has a position of
/// its own and reads every record from the cursor on; a commit in one of them moves the cursor, and so the
/// others, over what is done with. So a group in several processes reads at least once, and what one of them
/// leaves another reads; it does not divide the work, which a queue does.
/// </para>
/// </remarks>
public sealed class ConsumerGroup
{
    private readonly Topic _owner;
    private readonly SharedTopic _topic;
    private readonly GroupState _state;

    internal ConsumerGroup(Topic owner, SharedTopic topic, GroupState state)
    {
        _owner = owner;
        _topic = topic;
        _state = state;
    }

    /// <summary>Its name.</summary>
    public string Name => _state.Name;

    /// <summary>
    /// Offset of the first record that it has not committed; where other processes move it too, as this one has
    /// last seen it.
    /// </summary>
    public long Cursor => _state.Cursor;

    /// <summary>Offset from which it reads on in this process.</summary>
    public long Position => _state.Position;

    /// <summary>Reads on from where it is, waiting for the first record.</summary>
    /// <param name="maxRecords">Most records, from 1.</param>
    /// <param name="wait">How long; <see cref="Timeout.InfiniteTimeSpan"/> for ever.</param>
    /// <param name="cancellationToken">Ends the wait; nothing is passed over.</param>
    /// <exception cref="UnreadableRecordException">
    /// The next record is damaged, or cannot be read now; the group stays before it.
    /// </exception>
    /// <exception cref="InvalidOperationException">Another process has deleted the group.</exception>
    /// <exception cref="StorageFaultedException">
    /// There is none to read and the engine is faulted: none will come.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The topic or its engine is closed.</exception>
    public ValueTask<TopicRead> ReadAsync(
        int maxRecords, TimeSpan wait = default, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxRecords, 1);
        ValueTask<TopicRead> read = _topic.WaitForRecordsAsync(
            _owner.User,
            () => Position,
            end => ReadNowAsync(end, maxRecords, cancellationToken),
            wait,
            cancellationToken);
        return MessagingActivities.IsTraced ? TopicMetrics.ReceivedAsync(_topic, Name, read) : read;
    }

    /// <summary>
    /// Says that everything up to and including an offset is done with. Less than was said before, by
    /// whichever process, changes nothing.
    /// </summary>
    /// <param name="offset">Offset of the last record done with.</param>
    /// <param name="durability">When the call completes; the engine's default where null.</param>
    /// <param name="cancellationToken">Cancels before it is begun.</param>
    /// <exception cref="ArgumentOutOfRangeException">It has not been given to anybody.</exception>
    /// <exception cref="InvalidOperationException">
    /// The group is deleted, or a batch that moves its cursor is being committed.
    /// </exception>
    /// <exception cref="StorageFullException">No space; nothing was written.</exception>
    /// <exception cref="StorageFaultedException">A write or a sync failed, now or before.</exception>
    /// <exception cref="ObjectDisposedException">The topic or its engine is closed.</exception>
    public async ValueTask CommitAsync(
        long offset,
        Durability? durability = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(offset, 1);
        await _topic.RequireGivenAsync(offset, cancellationToken).ConfigureAwait(false);
        await _state.Committing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (offset >= Cursor)
            {
                await MoveAsync(offset + 1, durability, mayGoBack: false).ConfigureAwait(false);
            }
        }
        finally
        {
            _state.Committing.Release();
        }

        await _topic.Trim.BehindCommitAsync(_owner.Options, _state).ConfigureAwait(false);
    }

    /// <summary>
    /// Lets a batch move the cursor, with what was made of the records. One move at a time: a batch
    /// that commits during another one's of the process fails. Where another process moves the cursor
    /// meanwhile, the batch is refused: make it anew.
    /// </summary>
    /// <param name="batch">A batch of the same engine.</param>
    /// <param name="offset">Offset of the last record done with.</param>
    /// <exception cref="ArgumentOutOfRangeException">
    /// It has not been given to anybody, or is before the cursor. Where several processes work on the topic
    /// the first is an error of the commit, and the second none: it changes nothing.
    /// </exception>
    public void Commit(WriteBatch batch, long offset)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ArgumentOutOfRangeException.ThrowIfLessThan(offset, 1);
        if (!_topic.IsShared)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(offset, _topic.Offsets.SeenEnd);
            ArgumentOutOfRangeException.ThrowIfLessThan(offset, Cursor);
        }

        batch.Observe(new CursorInBatch(_topic, _state, offset + 1, mayGoBack: false));
    }

    /// <summary>
    /// Moves cursor and position to an offset, back or forward. Other processes that read the group go back with
    /// it, and forward where it is beyond their position.
    /// </summary>
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
        await _state.Committing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            long to = Math.Min(
                offset, await _topic.Offsets.GetEndAsync(cancellationToken).ConfigureAwait(false));
            await MoveAsync(to, durability, mayGoBack: true).ConfigureAwait(false);
            _state.ReadFrom(to);
        }
        finally
        {
            _state.Committing.Release();
        }
    }

    /// <summary>Only this is done one at a time; a consumer that waits is in nobody's way.</summary>
    private async ValueTask<TopicRead> ReadNowAsync(
        long end, int maxRecords, CancellationToken cancellationToken)
    {
        await _state.Reading.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_topic.IsShared)
            {
                await _topic.Groups.LookAsync(_state, cancellationToken).ConfigureAwait(false);
            }

            long from = Position;
            TopicRead read = await _topic.ReadNowAsync(from, end, maxRecords, cancellationToken)
                .ConfigureAwait(false);
            if (read.Missed > 0)
            {
                LogEvents.RecordsMissed(_topic.Logger, _topic.Name, Name, read.Missed);
            }

            if (read.Records.Count > 0)
            {
                _state.Advance(from, read.Records[^1].Offset + 1);
            }

            return read;
        }
        finally
        {
            _state.Reading.Release();
        }
    }

    /// <summary>Moves the cursor; again, from where it is then, where another process came between.</summary>
    private async ValueTask MoveAsync(long cursor, Durability? durability, bool mayGoBack)
    {
        bool moved;
        do
        {
            WriteBatch batch = _topic.Engine.CreateBatch();
            batch.Observe(new CursorInBatch(_topic, _state, cursor, mayGoBack));
            moved = (await _topic.Engine.TryCommitAsync(batch, durability).ConfigureAwait(false))
                .Applied;
        }
        while (!moved);
    }
}
