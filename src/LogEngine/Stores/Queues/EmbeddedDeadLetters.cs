using System.Runtime.CompilerServices;
using LogEngine.Stores.Shared;

namespace LogEngine.Stores.Queues;

/// <summary>The dead letters of a queue of an embedded engine.</summary>
internal sealed class EmbeddedDeadLetters : DeadLetterQueue
{
    private readonly QueueParts _parts;

    internal EmbeddedDeadLetters(QueueParts parts) => _parts = parts;

    public override ValueTask<long> CountAsync(CancellationToken cancellationToken = default) =>
        new(Count);

    private long Count => _parts.Keyspaces.Dead.Count;

    public override async IAsyncEnumerable<DeadLetter> ListAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using EmbeddedKeyScan scan = _parts.Keyspaces.Dead.Scan(new ScanRange(default, KeysOnly: true));
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

    public override async ValueTask<bool> ReplayAsync(
        long id,
        Durability? durability = null,
        CancellationToken cancellationToken = default)
    {
        byte[] key = QueueEntry.IdKey(id);
        using StoredValue? value = await _parts.Keyspaces.Dead.GetAsync(key, cancellationToken)
            .ConfigureAwait(false);
        if (value is null)
        {
            return false;
        }

        (ReadOnlyMemory<byte> message, byte lane, string? group) =
            DeadLetterCodec.MessageIn(value.Memory, _parts.Name, id);
        WriteBatch batch = _parts.Engine.CreateBatch();
        batch.RequireVersion(_parts.Keyspaces.Dead, key, value.Version);
        batch.Delete(_parts.Keyspaces.Dead, key);
        batch.Observe(new EnqueueInBatch(
            _parts,
            [PreparedMessage.Again(message.Span, lane, group, _parts.Options, _parts.Now)],
            ownsBytes: true));
        CommitResult result = await _parts.Engine.TryCommitAsync(
            batch, durability, cancellationToken).ConfigureAwait(false);
        return result.Applied;
    }

    public override async ValueTask<long> ReplayAllAsync(
        Durability? durability = null,
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
                Unreadable.Is(error))
            {
                // It stays, and is listed with what is wrong with it.
            }
        }

        return replayed;
    }

    public override async ValueTask<bool> DiscardAsync(
        long id,
        Durability? durability = null,
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

    public override async ValueTask<long> DiscardAllAsync(
        Durability? durability = null,
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
            // Not disposed: its bytes are the dead letter's from now on.
            StoredValue? value = await _parts.Keyspaces.Dead.GetAsync(key, cancellationToken)
                .ConfigureAwait(false);
            return value is null ? null : DeadLetterCodec.Read(value.Memory, _parts.Name, id);
        }
        catch (Exception error) when (Unreadable.Is(error))
        {
            StoredMessage none = StoredMessage.None;
            return new DeadLetter
            {
                Id = id,
                Lane = 0,
                Body = none.Body,
                Headers = none.Headers,
                EnqueuedAt = none.EnqueuedAt,
                DiedAt = none.EnqueuedAt,
                DeliveryCount = 0,
                Reason = "",
                Unreadable = error.Message,
            };
        }
    }

    private List<long> Ids()
    {
        List<long> ids = [];
        using EmbeddedKeyScan scan = _parts.Keyspaces.Dead.Scan(new ScanRange(default, KeysOnly: true));
        while (scan.MoveNext())
        {
            ids.Add(QueueEntry.IdOf(scan.Key));
        }

        return ids;
    }
}
