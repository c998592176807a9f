namespace LogEngine.Maintenance;

/// <summary>Runs asynchronous work one after the other, in the order in which it was asked for.</summary>
internal sealed class SerialTasks
{
    private readonly Lock _gate = new();
    private Task _last = Task.CompletedTask;

    internal async Task<T> RunAsync<T>(Func<Task<T>> work)
    {
        // Completed in place by whoever was before: no thread of the pool is needed in between.
        TaskCompletionSource done = new();
        Task before;
        lock (_gate)
        {
            before = _last;
            _last = done.Task;
        }

        await before.ConfigureAwait(false);
        try
        {
            return await work().ConfigureAwait(false);
        }
        finally
        {
            done.SetResult();
        }
    }
}
