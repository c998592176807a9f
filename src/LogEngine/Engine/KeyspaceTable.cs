using System.Collections.Immutable;

namespace LogEngine.Engine;

/// <summary>The keyspaces that a root has: their names and ids. Immutable.</summary>
/// <remarks>
/// It shares with the table before it all that is the same in both, so that any number of keyspaces
/// can be created one by one, and old tables that a view keeps cost little.
/// </remarks>
internal sealed class KeyspaceTable
{
    /// <summary>Holds the chunks of large values; has no name.</summary>
    internal const uint Chunks = 0;

    /// <summary>Holds a key for each set of chunks that no value refers to yet; has no name.</summary>
    internal const uint ChunkMarkers = uint.MaxValue;

    private readonly IdMap<string>.Version _names;
    private readonly ImmutableDictionary<string, uint> _ids;

    internal KeyspaceTable(
        IdMap<string>.Version names, ImmutableDictionary<string, uint> ids, uint nextId)
    {
        _names = names;
        _ids = ids;
        NextId = nextId;
    }

    /// <summary>In the order in which they were created, which is that of their ids.</summary>
    internal IEnumerable<(uint Id, string Name)> Keyspaces => _names.All;

    /// <summary>How many there are.</summary>
    internal int Count => _ids.Count;

    /// <summary>Above every id that the log has ever used.</summary>
    internal uint NextId { get; }

    /// <summary>The names, in no order.</summary>
    internal IEnumerable<string> Names => _ids.Keys;

    internal static bool IsHidden(uint id) => id is Chunks or ChunkMarkers;

    internal bool Contains(uint id) => _names[id] is not null;

    internal bool TryGetId(string name, out uint id) => _ids.TryGetValue(name, out id);
}

/// <summary>What a published root says besides its keys. Immutable.</summary>
/// <param name="Keyspaces">The keyspaces.</param>
/// <param name="Counts">Keys of each, by its id.</param>
/// <param name="Keys">Keys of all of them.</param>
internal sealed record RootFacts(
    KeyspaceTable Keyspaces, IdMap<long>.Version Counts, long Keys);
