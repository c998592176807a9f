using LogEngine.Stores.Queues;

namespace LogEngine.Stores.Migration;

/// <summary>
/// Copies the queues as a view of the source shows them. A queue is what is on its way, and little of what it
/// holds stays: each is copied as a whole, and again from its beginning after a crash.
/// </summary>
internal sealed class QueueCopy(
    StorageEngine target, IQueueProvider from, IQueueProvider into, MigrationMeter meter)
{
    private const int BatchRecords = 500;
    private const int BatchBytes = 1 << 20;

    /// <summary>Of a record without its body, at most.</summary>
    private const int RecordOverhead = 256;

    /// <summary>What ends before this has passed is not compared: it may be gone on one side.</summary>
    private static readonly TimeSpan s_soon = TimeSpan.FromMinutes(10);

    internal async Task RunAsync(
        IReadOnlyList<string> queues, ReadView view, CancellationToken cancellationToken)
    {
        foreach (string there in await into.ListQueuesAsync(cancellationToken).ConfigureAwait(false))
        {
            await into.DropQueueAsync(there, target.LevelOf(null), cancellationToken)
                .ConfigureAwait(false);
        }

        foreach (string queue in queues)
        {
            await CopyAsync(queue, view, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <exception cref="MigrationMismatchException">A queue is not the same on both sides.</exception>
    internal async Task<MigrationCheck> CheckAsync(
        string queue, ReadView view, CancellationToken cancellationToken)
    {
        DateTimeOffset until = target.TimeProvider.GetUtcNow() + s_soon;
        EntrySum source = await SumAsync(from, queue, view, until, cancellationToken)
            .ConfigureAwait(false);
        ReadView now = await target.OpenReadViewAsync(cancellationToken).ConfigureAwait(false);
        await using (now.ConfigureAwait(false))
        {
            EntrySum there = await SumAsync(into, queue, now, until, cancellationToken)
                .ConfigureAwait(false);
            meter.TellCompared(queue);
            return source.IsSame(there)
                ? new MigrationCheck(queue, IsQueue: true, source.Count, source.Text)
                : throw new MigrationMismatchException(
                    queue,
                    default,
                    $"of {source.Count} records with the sum {source.Text} there are {there.Count} with "
                    + there.Text);
        }
    }

    private static async Task<EntrySum> SumAsync(
        IQueueProvider provider,
        string queue,
        ReadView view,
        DateTimeOffset until,
        CancellationToken cancellationToken)
    {
        EntrySum sum = new();
        await foreach (QueueRecord record in provider.ExportAsync(queue, view, cancellationToken)
            .ConfigureAwait(false))
        {
            // Where ids stand is each engine's own affair, as long as none is given twice.
            if (record.Kind != QueueRecordKind.Ids && !(record.ExpiresAt <= until))
            {
                sum.Add(record);
            }
        }

        return sum;
    }

    private async Task CopyAsync(string queue, ReadView view, CancellationToken cancellationToken)
    {
        meter.Tell(MigrationStep.CopyingQueue, queue);
        List<QueueRecord> some = [];
        long bytes = 0;
        await foreach (QueueRecord record in from.ExportAsync(queue, view, cancellationToken)
            .ConfigureAwait(false))
        {
            long size = record.Body.Length
                + record.Headers.Sum(header => (long)header.Key.Length + header.Value.Length)
                + RecordOverhead;
            if (some.Count > 0 && (some.Count == BatchRecords || bytes + size > BatchBytes))
            {
                await ImportAsync(queue, some, cancellationToken).ConfigureAwait(false);
                bytes = 0;
            }

            some.Add(record);
            bytes += size;
        }

        await ImportAsync(queue, some, cancellationToken).ConfigureAwait(false);
    }

    private async Task ImportAsync(
        string queue, List<QueueRecord> some, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        await into.ImportAsync(queue, some, Durability.ProcessCrash, cancellationToken)
            .ConfigureAwait(false);
        meter.AddCopied(some.Count, some.Sum(record => (long)record.Body.Length));
        meter.Tell(MigrationStep.CopyingQueue, queue);
        some.Clear();
    }
}
