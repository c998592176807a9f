namespace LogEngine.Akka.Persistence;

/// <summary>
/// Persistence ids of which is known that the journal lists them, so that nobody looks before each write. Forgets
/// all where they become too many: then somebody looks once more. Thread-safe.
/// </summary>
internal sealed class KnownIds
{
    private const int Most = 100_000;

    private readonly Lock _gate = new();
    private readonly HashSet<string> _ids = new(StringComparer.Ordinal);

    internal bool Contains(string persistenceId)
    {
        lock (_gate)
        {
            return _ids.Contains(persistenceId);
        }
    }

    internal void Add(string persistenceId)
    {
        lock (_gate)
        {
            if (_ids.Count == Most)
            {
                _ids.Clear();
            }

            _ids.Add(persistenceId);
        }
    }
}
