namespace LogEngine.Stores;

/// <summary>
/// What a store adds to a batch when it is committed, since it depends on what is there then; gives what
/// it came to once that is done.
/// </summary>
/// <param name="add">Adds operations and conditions; gives the value that is known with the commit.</param>
/// <param name="value">Where the value goes; null for one of its own.</param>
internal sealed class DecidedInBatch<T>(
    Func<WriteBatch, ValueTask<T>> add, PendingValue<T>? value = null) : IBatchObserver
{
    private T? _decided;

    internal PendingValue<T> Value { get; } = value ?? new();

    public async ValueTask CommittingAsync(WriteBatch batch) =>
        _decided = await add(batch).ConfigureAwait(false);

    public void Completed(CommitResult? outcome)
    {
        if (outcome is { Applied: true })
        {
            Value.Set(_decided!);
        }
    }
}
