using System.Runtime.CompilerServices;

namespace LogEngine.Stores.Queues;

/// <summary>
/// Which names of a kind are open on which engine: part of their state is in memory, so there is one
/// instance of each.
/// </summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class OpenNames(string kind)
{
    private readonly ConditionalWeakTable<StorageEngine, HashSet<string>> _names = [];

    internal static OpenNames Topics { get; } = new("Topic");

    /// <exception cref="InvalidOperationException">It is open already.</exception>
    internal void Enter(StorageEngine engine, string name)
    {
        HashSet<string> open = _names.GetValue(engine, _ => new(StringComparer.Ordinal));
        lock (open)
        {
            if (!open.Add(name))
            {
                throw new InvalidOperationException(
                    $"{kind} '{name}' is open on this engine already; share that instance.");
            }
        }
    }

    internal void Leave(StorageEngine engine, string name)
    {
        if (_names.TryGetValue(engine, out HashSet<string>? open))
        {
            lock (open)
            {
                open.Remove(name);
            }
        }
    }

    /// <summary>
    /// Removes what has a name, keyspace by keyspace. The one that it is listed by goes last: after a crash
    /// it can be removed again.
    /// </summary>
    /// <returns>False where there was none.</returns>
    /// <exception cref="InvalidOperationException">It is open.</exception>
    internal async ValueTask<bool> DropAsync(
        StorageEngine engine,
        string name,
        IEnumerable<Keyspace> keyspaces,
        CancellationToken cancellationToken)
    {
        Enter(engine, name);
        try
        {
            bool found = false;
            foreach (Keyspace keyspace in keyspaces)
            {
                found |= await engine
                    .DropKeyspaceAsync(keyspace.Name, cancellationToken: cancellationToken)
                    .ConfigureAwait(false);
            }

            return found;
        }
        finally
        {
            Leave(engine, name);
        }
    }
}
