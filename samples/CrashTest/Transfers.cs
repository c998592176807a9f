using LogEngine;

namespace CrashTest;

/// <summary>
/// A ledger of two accounts on a log. A transfer is a batch of two records, so that money is never
/// lost nor made: the invariant that a crash must not break.
/// </summary>
internal sealed class Transfers(WriteAheadLog log)
{
    /// <summary>Moves an amount; on return it survives a power loss.</summary>
    internal async Task MoveAsync(int amount)
    {
        LogBatch batch = new();
        batch.Add(BitConverter.GetBytes(-amount));
        batch.Add(BitConverter.GetBytes(amount));
        await log.AppendBatchAsync(batch);
    }

    /// <summary>Money taken from one account and given to the other.</summary>
    internal (long Taken, long Given) Sum()
    {
        long taken = 0;
        long given = 0;
        using LogReader reader = log.OpenReader(log.FirstSequence);
        while (reader.TryRead(out StoredRecord record))
        {
            int amount = BitConverter.ToInt32(record.Payload);
            taken += Math.Min(amount, 0);
            given += Math.Max(amount, 0);
        }

        return (-taken, given);
    }
}
