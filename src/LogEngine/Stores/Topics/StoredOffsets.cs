using System.Runtime.CompilerServices;

namespace LogEngine.Stores.Topics;

/// <summary>
/// Offsets of a topic that several processes work on: the next one is a row, which every append requires to
/// have the version that it read, and writes anew.
/// </summary>
/// <remarks>
/// So of two appends that read the same next offset one is refused, and appends of a topic are one after the
/// other: one that gives offset n + 1 has read the row that the commit with n wrote. Whoever reads the row
/// then sees every record below the offset in it, since they became visible with it or before. No offset is
/// given in vain: what is refused or fails leaves the row as it was.
/// </remarks>
internal sealed class StoredOffsets(
    StorageEngine engine,
    TopicKeyspaces keyspaces,
    TopicNews news,
    Func<CancellationToken, ValueTask<long>> farthestCursor)
    : TopicOffsets
{
    private static readonly byte[] Key = "next"u8.ToArray();

    /// <summary>
    /// Appends of this process are in line: each would be refused for the one before it otherwise.
    /// </summary>
    private readonly SemaphoreSlim _turn = new(1, 1);

    /// <summary>The next offset behind what a batch that is being committed has appended.</summary>
    private readonly ConditionalWeakTable<WriteBatch, StrongBox<long>> _inBatch = [];

    private readonly Lock _gate = new();
    private long _seenEnd = 1;
    private long _seenVersion;

    internal override long SeenEnd
    {
        get
        {
            lock (_gate)
            {
                return _seenEnd;
            }
        }
    }

    internal override TimeSpan? LongestPause { get; } = TimeSpan.FromMilliseconds(500);

    internal override async ValueTask<long> GetEndAsync(CancellationToken cancellationToken) =>
        (await LookAsync(cancellationToken).ConfigureAwait(false)).Next;

    internal override TopicAppend Prepare(TopicUser user, NewRecords records) =>
        new StoredAppend(user, keyspaces, records, this);

    internal override async ValueTask<TopicAppend> AppendAsync(
        TopicUser user,
        NewRecords records,
        Durability? durability,
        CancellationToken cancellationToken)
    {
        try
        {
            await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            throw new AppendCanceledException(mayBeWritten: false, cancellationToken);
        }

        try
        {
            while (true)
            {
                TopicAppend append = Prepare(user, records);
                WriteBatch batch = engine.CreateBatch();
                batch.Observe(append);
                CommitResult result = await engine
                    .TryCommitAsync(batch, durability, cancellationToken).ConfigureAwait(false);
                if (result.Applied)
                {
                    return append;
                }
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Takes offsets in a batch that is being committed; gives the first.</summary>
    private async ValueTask<long> TakeAsync(WriteBatch batch, int count)
    {
        if (!_inBatch.TryGetValue(batch, out StrongBox<long>? next))
        {
            (long there, long version) = await LookAsync(CancellationToken.None)
                .ConfigureAwait(false);
            batch.RequireVersion(keyspaces.Next, Key, version);
            _inBatch.Add(batch, next = new StrongBox<long>(there));
        }

        long first = next.Value;
        next.Value = first + count;
        return first;
    }

    /// <summary>The next offset, and the version of its row; 0 where it has none yet.</summary>
    private async ValueTask<(long Next, long Version)> LookAsync(
        CancellationToken cancellationToken)
    {
        (long Next, long Version) found;
        using (StoredValue? row = await keyspaces.Next.GetAsync(Key, cancellationToken)
            .ConfigureAwait(false))
        {
            found = row is null ? default : (TopicKeyspaces.OffsetOf(row.Memory.Span), row.Version);
        }

        if (found.Version == 0)
        {
            found.Next = Math.Max(
                await BehindLastAsync(keyspaces, cancellationToken).ConfigureAwait(false),
                await farthestCursor(cancellationToken).ConfigureAwait(false));
        }

        Saw(found.Next, found.Version);
        return found;
    }

    /// <summary>
    /// Takes note of the row, unless a later one is known; also of one that is dropped. What one reader has
    /// seen all of this process are told of.
    /// </summary>
    private void Saw(long end, long version)
    {
        bool isMore = false;
        lock (_gate)
        {
            if (version == 0 || version > _seenVersion)
            {
                isMore = end > _seenEnd;
                (_seenEnd, _seenVersion) = (end, version);
            }
        }

        if (isMore)
        {
            news.Tell();
        }
    }

    private sealed class StoredAppend(
        TopicUser user, TopicKeyspaces keyspaces, NewRecords records, StoredOffsets offsets)
        : TopicAppend(user, keyspaces, records)
    {
        private int _operation;

        protected override ValueTask<long> TakeAsync(WriteBatch batch) =>
            offsets.TakeAsync(batch, Records.Values.Count);

        protected override void AddMore(WriteBatch batch)
        {
            _operation = batch.Count;
            batch.Put(Keyspaces.Next, Key, TopicKeyspaces.OffsetKey(Behind));
        }

        protected override void Settle(CommitResult? outcome)
        {
            if (outcome is { Applied: true } written)
            {
                offsets.Saw(Behind, written.Sequences.First + _operation);
            }
        }
    }
}
