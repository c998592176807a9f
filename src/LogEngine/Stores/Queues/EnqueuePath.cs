using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using LogEngine.Awaiting;
using LogEngine.Telemetry;

namespace LogEngine.Stores.Queues;

/// <summary>The way of messages into the queue.</summary>
internal sealed class EnqueuePath(QueueParts parts)
{
    internal ValueTask<EnqueueResult> EnqueueAsync(
        QueueMessage message, Durability durability, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        return MessagingActivities.IsTraced
            ? TracedAsync(message, durability, cancellationToken)
            : SendAsync(message, durability, cancellationToken);
    }

    /// <summary>By itself: what it captures is made only where somebody traces.</summary>
    private ValueTask<EnqueueResult> TracedAsync(
        QueueMessage message, Durability durability, CancellationToken cancellationToken) =>
        QueueMetrics.TracedAsync(
            parts.Name, message, traced => SendAsync(traced, durability, cancellationToken));

    private ValueTask<EnqueueResult> SendAsync(
        QueueMessage message, Durability durability, CancellationToken cancellationToken)
    {
        PreparedMessage prepared = PreparedMessage.Of(message, parts.Options, parts.Now);
        return parts.State.Intake.TryAdmitAlone(parts.User, prepared)
            ? CancellableWait.On(PutAsync(prepared, durability), cancellationToken)
            : FirstAsync(prepared, durability, cancellationToken);
    }

    internal async ValueTask<IReadOnlyList<EnqueueResult>> EnqueueManyAsync(
        IReadOnlyList<PreparedMessage> messages,
        Durability durability,
        CancellationToken cancellationToken)
    {
        try
        {
            MarkKnownDuplicates(messages);
            while (messages.Any(m => m.DuplicateOf is null))
            {
                WriteBatch batch = parts.Engine.CreateBatch();
                batch.Observe(new EnqueueInBatch(
                    parts, [.. messages.Where(m => m.DuplicateOf is null)], ownsBytes: false));
                CommitResult result = await parts.Engine.TryCommitAsync(
                    batch, durability, cancellationToken).ConfigureAwait(false);
                if (result.Applied)
                {
                    break;
                }

                MarkRefused(messages, result.Conflict!);
            }

            parts.State.Intake.CountDuplicates(messages.Count(m => m.DuplicateOf is not null));
            return [.. messages.Select(m => ResultOf(m, messages))];
        }
        finally
        {
            // The batch has copied them.
            foreach (PreparedMessage message in messages)
            {
                message.ReleaseBytes();
            }
        }
    }

    private static EnqueueResult ResultOf(
        PreparedMessage message, IReadOnlyList<PreparedMessage> messages)
    {
        if (message.DuplicateOf is not { } original)
        {
            return new EnqueueResult(message.Id, EnqueueOutcome.Enqueued);
        }

        // Below zero: of one in the same batch, whose own fate is known only now.
        PreparedMessage? first = original < 0 ? messages[(int)~original] : null;
        return new EnqueueResult(
            first is null ? original : first.DuplicateOf ?? first.Id, EnqueueOutcome.Duplicate);
    }

    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    private async ValueTask<EnqueueResult> PutAsync(PreparedMessage message, Durability durability)
    {
        try
        {
            long version = await parts.Keyspaces.Messages.PutAsync(
                message.WriteKey(), message.Value, durability, message.ExpiresAt)
                .ConfigureAwait(false);
            parts.State.Intake.Arrived(message, version);
            return new EnqueueResult(message.Id, EnqueueOutcome.Enqueued);
        }
        catch
        {
            parts.State.Intake.NotArrived([message], []);
            throw;
        }
        finally
        {
            message.Release();
        }
    }

    private async ValueTask<EnqueueResult> FirstAsync(
        PreparedMessage message, Durability durability, CancellationToken cancellationToken)
    {
        IReadOnlyList<EnqueueResult> results = await EnqueueManyAsync(
            [message], durability, cancellationToken).ConfigureAwait(false);
        return results[0];
    }

    /// <summary>
    /// What is plainly a duplicate is not even tried. The commit decides about the rest.
    /// </summary>
    private void MarkKnownDuplicates(IReadOnlyList<PreparedMessage> messages)
    {
        Dictionary<string, int> first = new(StringComparer.Ordinal);
        for (int i = 0; i < messages.Count; i++)
        {
            if (messages[i].DedupeKey is not { } key)
            {
                continue;
            }

            messages[i].DuplicateOf = !first.TryAdd(Convert.ToHexString(key), i)
                ? ~(long)first[Convert.ToHexString(key)]
                : Known(key);
        }
    }

    private long? Known(byte[] dedupeKey)
    {
        ArrayBufferWriter<byte> id = new();
        try
        {
            return !parts.Keyspaces.Dedupe.TryGet(dedupeKey, id, out _) ? null
                : id.WrittenCount == sizeof(long)
                    ? BinaryPrimitives.ReadInt64LittleEndian(id.WrittenSpan)
                    : 0;
        }
        catch (CorruptionException)
        {
            // The id was seen; of which message is lost.
            return 0;
        }
    }

    private void MarkRefused(IReadOnlyList<PreparedMessage> messages, Conflict conflict)
    {
        PreparedMessage refused = messages.First(m => m.DuplicateOf is null
            && m.DedupeKey is { } key && conflict.Key.Span.SequenceEqual(key));
        refused.DuplicateOf = Known(refused.DedupeKey!) ?? 0;
    }
}
