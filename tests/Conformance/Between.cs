namespace LogEngine.Conformance;

/// <summary>Does something between what a batch has seen and its commit.</summary>
internal sealed class Between(Func<Task> act) : IBatchObserver
{
    public async ValueTask CommittingAsync(WriteBatch batch) => await act();

    public void Completed(CommitResult? outcome)
    {
    }
}
