using System.Buffers.Binary;
using LogEngine.Stores.Shared;

namespace LogEngine.Stores.Queues;

/// <summary>Messages that are enqueued by a batch: they get their ids when it commits.</summary>
internal sealed class EnqueueInBatch(
    QueueParts parts,
    IReadOnlyList<PreparedMessage> messages,
    bool ownsBytes,
    Action<long>? told = null) : IBatchObserver
{
    private Admission? _admission;

    public ValueTask CommittingAsync(WriteBatch batch)
    {
        _admission = parts.State.Intake.Admit(parts.User, messages);
        try
        {
            AddTo(batch, _admission);
        }
        catch
        {
            parts.State.Intake.NotArrived(messages, _admission.Dropped);
            throw;
        }

        return ValueTask.CompletedTask;
    }

    public void Completed(CommitResult? outcome)
    {
        if (outcome is { Applied: true } applied)
        {
            parts.State.Intake.Arrived(messages, _admission!, applied.Sequences.First);
            told?.Invoke(messages[0].Id);
        }
        else
        {
            parts.State.Intake.NotArrived(messages, _admission!.Dropped);
        }

        if (ownsBytes)
        {
            foreach (PreparedMessage message in messages)
            {
                message.ReleaseBytes();
            }
        }
    }

    private void AddTo(WriteBatch batch, Admission admission)
    {
        QueueKeyspaces keyspaces = parts.Keyspaces;
        Span<byte> number = stackalloc byte[sizeof(long)];
        Span<byte> key = stackalloc byte[QueueEntry.MaxKeySize];
        foreach (Lease dropped in admission.Dropped)
        {
            parts.Delete(batch, dropped.Entry);
        }

        if (admission.ReserveTo > 0)
        {
            BinaryPrimitives.WriteInt64LittleEndian(number, admission.ReserveTo);
            batch.Put(keyspaces.Meta, QueueKeyspaces.IdsKey, number);
        }

        DateTimeOffset? remembered =
            Calendar.Expiry(parts.Now, parts.Options.DeduplicationWindow);
        foreach (PreparedMessage message in messages)
        {
            message.Operation = batch.Count;
            int length = message.Entry(0).WriteKey(key);
            batch.Put(keyspaces.Messages, key[..length], message.Value.Span, message.ExpiresAt);
            if (message.DedupeKey is { } dedupe)
            {
                BinaryPrimitives.WriteInt64LittleEndian(number, message.Id);
                batch.RequireAbsent(keyspaces.Dedupe, dedupe);
                batch.Put(keyspaces.Dedupe, dedupe, number, remembered);
            }
        }
    }
}
