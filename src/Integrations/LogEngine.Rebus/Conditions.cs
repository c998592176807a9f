using Rebus.Exceptions;

namespace LogEngine.Rebus;

/// <summary>
/// Writes with conditions: with the commit of the transaction that the calling code runs in, where that is of the
/// same engine, and else at once.
/// </summary>
internal static class Conditions
{
    /// <exception cref="ConcurrencyException">A condition did not hold; nothing was written.</exception>
    internal static async Task WriteAsync(StorageEngine engine, Action<WriteBatch> fill)
    {
        if (EngineTransaction.Ambient(engine) is { } transaction)
        {
            fill(transaction.Batch);
            return;
        }

        WriteBatch batch = engine.CreateBatch();
        fill(batch);
        CommitResult result = await engine.TryCommitAsync(batch).ConfigureAwait(false);
        if (!result.Applied)
        {
            throw new ConcurrencyException($"Nothing was written: {result.Conflict}.");
        }
    }
}
