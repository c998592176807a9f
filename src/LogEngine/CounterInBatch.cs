namespace LogEngine;

/// <summary>An addition to a counter that a batch makes when it is committed.</summary>
internal sealed class CounterInBatch(Keyspace keyspace, byte[] key, long delta) : IBatchObserver
{
    private long _sum;

    /// <summary>What it came to.</summary>
    internal PendingValue<long> Sum { get; } = new();

    public async ValueTask CommittingAsync(WriteBatch batch) =>
        _sum = await batch.Sums.AddAsync(keyspace, key, delta).ConfigureAwait(false);

    public void Completed(CommitResult? outcome)
    {
        if (outcome is { Applied: true })
        {
            Sum.Set(_sum);
        }
    }
}
