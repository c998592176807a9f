using System.Runtime.CompilerServices;

namespace LogEngine.Stores.Topics;

/// <summary>Which topics are open on which engine: one instance each, its end is in memory.</summary>
internal static class OpenTopics
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
                    $"Topic '{name}' is open on this engine already; share that instance.");
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
