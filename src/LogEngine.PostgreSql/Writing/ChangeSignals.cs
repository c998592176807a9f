using System.Collections.Concurrent;

namespace LogEngine.PostgreSql.Writing;

/// <summary>Wakes those in this process who wait for changes of a keyspace; others look now and then.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class ChangeSignals
{
    private readonly ConcurrentDictionary<int, TaskCompletionSource> _waiting = new();

    /// <summary>Completes with the next commit to it. Taken before a look, it misses none after that.</summary>
    internal Task Next(int keyspace) => _waiting.GetOrAdd(
        keyspace,
        static _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    /// <summary>A commit to these can be seen.</summary>
    internal void Changed(IEnumerable<int> keyspaces)
    {
        if (_waiting.IsEmpty)
        {
            return;
        }

        foreach (int keyspace in keyspaces)
        {
            if (_waiting.TryRemove(keyspace, out TaskCompletionSource? waiting))
            {
                waiting.TrySetResult();
            }
        }
    }
}
