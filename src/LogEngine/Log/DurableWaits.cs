namespace LogEngine.Log;

/// <summary>Those who wait for a sequence to become durable. Guarded by the commit queue's gate.</summary>
internal sealed class DurableWaits
{
    private readonly List<(long Sequence, TaskCompletionSource Source)> _waits = [];

    internal Task Add_NeedsLock(long sequence)
    {
        TaskCompletionSource source = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _waits.Add((sequence, source));
        return source.Task;
    }

    /// <summary>Takes out those whose sequence is durable; null while there are none.</summary>
    internal List<TaskCompletionSource>? TakeDone_NeedsLock(long durableSequence)
    {
        if (_waits.Count == 0)
        {
            return null;
        }

        List<TaskCompletionSource> done = [];
        for (int i = _waits.Count - 1; i >= 0; i--)
        {
            if (_waits[i].Sequence <= durableSequence)
            {
                done.Add(_waits[i].Source);
                _waits.RemoveAt(i);
            }
        }

        return done;
    }

    internal List<TaskCompletionSource> TakeAll_NeedsLock() =>
        TakeDone_NeedsLock(long.MaxValue) ?? [];
}
