namespace LogEngine.Engine;

/// <summary>A keyspace's name, and the id it has in the root that was looked at last.</summary>
/// <remarks>Thread-safe: the pair is replaced as one.</remarks>
internal sealed class KeyspaceName(string name)
{
    private Resolved? _resolved;

    private sealed record Resolved(KeyspaceTable Table, uint Id);

    internal string Name { get; } = name;

    /// <summary>The id it has in a root; false where it does not exist there.</summary>
    internal bool TryResolve(RootFacts facts, out uint id)
    {
        Resolved? resolved = Volatile.Read(ref _resolved);
        if (resolved is not null && ReferenceEquals(resolved.Table, facts.Keyspaces))
        {
            id = resolved.Id;
            return true;
        }

        if (!facts.Keyspaces.TryGetId(Name, out id))
        {
            return false;
        }

        Volatile.Write(ref _resolved, new Resolved(facts.Keyspaces, id));
        return true;
    }

    /// <summary>Keys that it has in a root.</summary>
    internal long CountIn(RootFacts facts) =>
        TryResolve(facts, out uint id) ? facts.Counts[facts.Keyspaces.PlaceOf(id)] : 0;
}
