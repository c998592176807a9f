using System.Runtime.CompilerServices;

namespace LogEngine.Stores.Queues;

/// <summary>
/// Which names are open on which engine: the state of a queue is in memory, so there is one of it.
/// </summary>
internal static class OpenQueues
{
    private static readonly ConditionalWeakTable<StorageEngine, HashSet<string>> Names = [];

    /// <exception cref="InvalidOperationException">It is open already.</exception>
    internal static void Enter(StorageEngine engine, string name)
    {
        HashSet<string> open = Names.GetValue(engine, _ => new(StringComparer.Ordinal));
        lock (open)
        {
            if (!open.Add(name))
            {
                throw new InvalidOperationException(
                    $"Queue '{name}' is open on this engine already; share that instance.");
            }
        }
    }

    internal static void Leave(StorageEngine engine, string name)
    {
        if (Names.TryGetValue(engine, out HashSet<string>? open))
        {
            lock (open)
            {
                open.Remove(name);
            }
        }
    }
}
