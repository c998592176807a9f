using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using LogEngine.Stores.Shared;

namespace LogEngine.Stores.Queues;

/// <summary>What the keyspaces of a queue hold as of a view, as records that any engine can take in.</summary>
internal sealed class QueueExport(string queue, QueueKeyspaces keyspaces, ReadView view)
{
    internal async IAsyncEnumerable<QueueRecord> ReadAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return await IdsAsync(cancellationToken).ConfigureAwait(false);
        await foreach (QueueRecord message in MessagesAsync(cancellationToken).ConfigureAwait(false))
        {
            yield return message;
        }

        using (KeyScan dead = view.In(keyspaces.Dead).Scan())
        {
            while (await dead.MoveNextAsync(cancellationToken).ConfigureAwait(false))
            {
                yield return DeadLetterOf(dead);
            }
        }

        using KeyScan seen = view.In(keyspaces.Dedupe).Scan();
        while (await seen.MoveNextAsync(cancellationToken).ConfigureAwait(false))
        {
            yield return new QueueRecord
            {
                Kind = QueueRecordKind.Deduplication,
                Id = seen.Value.Length == sizeof(long)
                    ? BinaryPrimitives.ReadInt64LittleEndian(seen.Value)
                    : 0,
                DeduplicationId = seen.Key.ToArray(),
                ExpiresAt = seen.Info.ExpiresAt,
            };
        }
    }

    private async ValueTask<QueueRecord> IdsAsync(CancellationToken cancellationToken)
    {
        using StoredValue? value = await view.In(keyspaces.Meta)
            .GetAsync(QueueKeyspaces.IdsKey, cancellationToken).ConfigureAwait(false);
        return new QueueRecord
        {
            Kind = QueueRecordKind.Ids,
            Id = value is { Memory.Length: sizeof(long) }
                ? BinaryPrimitives.ReadInt64LittleEndian(value.Memory.Span)
                : 0,
        };
    }

    private async IAsyncEnumerable<QueueRecord> MessagesAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Dictionary<long, (int Deliveries, long NotBefore)> attempts = [];
        using (KeyScan counted = view.In(keyspaces.Attempts).Scan())
        {
            while (await counted.MoveNextAsync(cancellationToken).ConfigureAwait(false))
            {
                if (AttemptCodec.TryRead(
                    counted.Value, out QueueEntry entry, out ushort deliveries, out long notBefore))
                {
                    attempts[entry.Id] = (deliveries, notBefore);
                }
            }
        }

        using KeyScan messages = view.In(keyspaces.Messages).Scan();
        while (await messages.MoveNextAsync(cancellationToken).ConfigureAwait(false))
        {
            yield return MessageOf(messages, attempts);
        }
    }

    private QueueRecord MessageOf(
        KeyScan at, Dictionary<long, (int Deliveries, long NotBefore)> attempts)
    {
        if (!QueueEntry.TryRead(at.Key, at.Info.Version, out QueueEntry entry))
        {
            throw UndecodableValueException.OfKey(at.Key, "it is no message's");
        }

        (int deliveries, long notBefore) = attempts.GetValueOrDefault(entry.Id);
        StoredMessage message = MessageCodec.Read(at.Value.ToArray(), queue, entry.Id);

        // When it was to be delivered first, or again after it was refused: the later one counts.
        long due = Math.Max(entry.DueTicks, notBefore);
        return new QueueRecord
        {
            Kind = QueueRecordKind.Message,
            Id = entry.Id,
            Lane = entry.Lane,
            GroupId = entry.Group,
            Body = message.Body,
            Headers = message.Headers,
            EnqueuedAt = message.EnqueuedAt,
            DueAt = due == 0 ? null : new DateTimeOffset(due, TimeSpan.Zero),
            ExpiresAt = at.Info.ExpiresAt,
            DeliveryCount = deliveries,
        };
    }

    private QueueRecord DeadLetterOf(KeyScan at)
    {
        DeadLetter letter = DeadLetterCodec.Read(
            at.Value.ToArray(), queue, QueueEntry.IdOf(at.Key));
        return new QueueRecord
        {
            Kind = QueueRecordKind.DeadLetter,
            Id = letter.Id,
            Lane = letter.Lane,
            GroupId = letter.GroupId,
            Body = letter.Body,
            Headers = letter.Headers,
            EnqueuedAt = letter.EnqueuedAt,
            DeliveryCount = letter.DeliveryCount,
            DiedAt = letter.DiedAt,
            Reason = letter.Reason,
            IsUnreadable = letter.Unreadable is not null,
        };
    }
}
