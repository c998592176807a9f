namespace LogEngine.Engine;

/// <summary>A keyspace's name, and the id that it had where it was looked at last.</summary>
/// <remarks>
/// Thread-safe. Only the id is kept, and no root: a name that is not used any more must not keep alive
/// what was there when it was. An id never gets another name, so it is right wherever it exists.
/// </remarks>
internal class KeyspaceName(string name)
{
    /// <summary>0 for none: that id has no name.</summary>
    private uint _id;

    internal string Name { get; } = name;

    /// <summary>The id it has in a root; false where it does not exist there.</summary>
    internal bool TryResolve(RootFacts facts, out uint id)
    {
        id = Volatile.Read(ref _id);
        if (id != 0 && facts.Keyspaces.Contains(id))
        {
            return true;
        }

        if (!facts.Keyspaces.TryGetId(Name, out id))
        {
            return false;
        }

        Volatile.Write(ref _id, id);
        return true;
    }

    /// <summary>Keys that it has in a root.</summary>
    internal long CountIn(RootFacts facts) => TryResolve(facts, out uint id) ? facts.Counts[id] : 0;
}
