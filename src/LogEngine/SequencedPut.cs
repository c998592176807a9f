namespace LogEngine;

/// <summary>Tells the version of a put whose key holds it.</summary>
/// <param name="operation">The put's place in its batch.</param>
internal sealed class SequencedPut(int operation) : IBatchObserver
{
    internal PendingValue<long> Version { get; } = new();

    public ValueTask CommittingAsync(WriteBatch batch) => ValueTask.CompletedTask;

    public void Completed(CommitResult? outcome)
    {
        if (outcome is { Applied: true } written)
        {
            Version.Set(written.Sequences.First + operation);
        }
    }
}
