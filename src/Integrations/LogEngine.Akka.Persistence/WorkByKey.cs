namespace LogEngine.Akka.Persistence;

/// <summary>
/// Runs work of one key in the order in which it came, and that of different keys side by side. Work whose key has
/// none on its way begins on the calling thread. Thread-safe.
/// </summary>
internal sealed class WorkByKey
{
    private readonly Lock _gate = new();

    /// <summary>The last work of each key that is not over.</summary>
    private readonly Dictionary<string, Task> _last = new(StringComparer.Ordinal);

    internal async Task<T> RunAsync<T>(string key, Func<Task<T>> work)
    {
        TaskCompletionSource over = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Task? before;
        lock (_gate)
        {
            _last.TryGetValue(key, out before);
            _last[key] = over.Task;
        }

        try
        {
            if (before is not null)
            {
                await before.ConfigureAwait(false);
            }

            return await work().ConfigureAwait(false);
        }
        finally
        {
            lock (_gate)
            {
                if (_last[key] == over.Task)
                {
                    _last.Remove(key);
                }
            }

            over.SetResult();
        }
    }

    /// <summary>Completes when all that the key has on its way now is over, well or not.</summary>
    internal Task WhenOver(string key)
    {
        lock (_gate)
        {
            return _last.GetValueOrDefault(key) ?? Task.CompletedTask;
        }
    }
}
