using LogEngine.Telemetry;

namespace LogEngine.Stores.Topics;

/// <summary>Removes what retention no longer keeps; expiry does what age demands.</summary>
/// <remarks>
/// Thread-safe, and harmless beside other processes that do the same: what is removed lies below a cursor that
/// was written, or a number of records behind an end that was, and removing it twice changes nothing.
/// </remarks>
internal sealed class TopicTrim(SharedTopic topic, long first)
{
    private int _trimming;

    /// <summary>Below that offset this process has removed everything, or found nothing.</summary>
    private long _trimmedTo = first;

    /// <summary>
    /// Retention behind a commit of a group, which is done: a failure is not the caller's, and the next one
    /// tries again.
    /// </summary>
    internal async ValueTask BehindCommitAsync(TopicOptions options, GroupState group)
    {
        // Where cursors have to be read, once for each step that a group has made is enough.
        if (topic.IsShared)
        {
            if (group.Cursor - group.TrimmedAt < options.TrimStep)
            {
                return;
            }

            group.TrimmedAt = group.Cursor;
        }

        await TryTrimAsync(options).ConfigureAwait(false);
    }

    /// <summary>The same behind an append, which the limit on records may demand.</summary>
    internal async ValueTask BehindAppendAsync(TopicOptions options, long next)
    {
        if (options.MaxRecords is { } most
            && next - most - Volatile.Read(ref _trimmedTo) >= options.TrimStep)
        {
            await TryTrimAsync(options).ConfigureAwait(false);
        }
    }

    /// <summary>Removes it if it is as much as a step.</summary>
    internal async ValueTask TrimAsync(
        TopicOptions options, int step, CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _trimming, 1) != 0)
        {
            return;
        }

        try
        {
            long end = await topic.Offsets.GetEndAsync(cancellationToken).ConfigureAwait(false);
            long readByAll = await topic.Groups.GetReadByAllAsync(cancellationToken)
                .ConfigureAwait(false);
            long kept = options.WaitsForGroups ? readByAll
                : options.MaxRecords is { } most ? end - most
                : 0;

            // The newest record stays: it tells the next open where the topic ends.
            long below = Math.Min(kept, end - 1);
            if (below - _trimmedTo >= step)
            {
                await DeleteBelowAsync(below, readByAll, cancellationToken).ConfigureAwait(false);
                Volatile.Write(ref _trimmedTo, below);
            }
        }
        finally
        {
            Volatile.Write(ref _trimming, 0);
        }
    }

    private async ValueTask TryTrimAsync(TopicOptions options)
    {
        try
        {
            await TrimAsync(options, options.TrimStep, CancellationToken.None)
                .ConfigureAwait(false);
        }
        catch (Exception error) when (error is LogEngineException
            or ObjectDisposedException)
        {
            LogEvents.TrimFailed(topic.Logger, topic.Name, error);
        }
    }

    private async ValueTask DeleteBelowAsync(
        long below, long readByAll, CancellationToken cancellationToken)
    {
        WriteBatch batch = topic.Engine.CreateBatch();
        batch.DeleteRange(topic.Keyspaces.Records, default, TopicKeyspaces.OffsetKey(below));

        // What is below what every group has read is in nobody's way any more.
        if (readByAll > 0
            && await topic.Keyspaces.Gaps.CountAsync(cancellationToken).ConfigureAwait(false) > 0)
        {
            batch.DeleteRange(topic.Keyspaces.Gaps, default, TopicKeyspaces.OffsetKey(readByAll));
        }

        await topic.Engine.CommitAsync(batch, Durability.ProcessCrash, cancellationToken)
            .ConfigureAwait(false);
    }
}
