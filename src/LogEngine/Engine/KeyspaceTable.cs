using System.Collections.Frozen;

namespace LogEngine.Engine;

/// <summary>The keyspaces there are: names and ids, each at a fixed place. Immutable.</summary>
internal sealed class KeyspaceTable
{
    /// <summary>Holds the chunks of large values; has no name.</summary>
    internal const uint Chunks = 0;

    /// <summary>Holds a key for each set of chunks that no value refers to yet; has no name.</summary>
    internal const uint ChunkMarkers = uint.MaxValue;

    private readonly FrozenDictionary<uint, int> _places;
    private readonly FrozenDictionary<string, uint> _ids;

    internal KeyspaceTable(IReadOnlyList<(uint Id, string Name)> keyspaces, uint nextId)
    {
        Keyspaces = keyspaces;
        NextId = nextId;
        _places = keyspaces.Select((k, i) => KeyValuePair.Create(k.Id, i)).ToFrozenDictionary();
        _ids = keyspaces.ToFrozenDictionary(k => k.Name, k => k.Id, StringComparer.Ordinal);
    }

    internal static KeyspaceTable Empty { get; } = new([], 1);

    /// <summary>In the order in which they were created.</summary>
    internal IReadOnlyList<(uint Id, string Name)> Keyspaces { get; }

    /// <summary>Above every id that the log has ever used.</summary>
    internal uint NextId { get; }

    internal static bool IsHidden(uint id) => id is Chunks or ChunkMarkers;

    /// <summary>Place of a keyspace in a list of counts; -1 where there is none of that id.</summary>
    internal int PlaceOf(uint id) => _places.TryGetValue(id, out int place) ? place : -1;

    internal bool TryGetId(string name, out uint id) => _ids.TryGetValue(name, out id);

    internal KeyspaceTable With(uint id, string name) =>
        new([.. Keyspaces, (id, name)], Math.Max(NextId, checked(id + 1)));

    internal KeyspaceTable Without(uint id) =>
        new([.. Keyspaces.Where(k => k.Id != id)], NextId);
}

/// <summary>What a published root says besides its keys. Immutable.</summary>
/// <param name="Keyspaces">The keyspaces.</param>
/// <param name="Counts">Keys of each, by place.</param>
internal sealed record RootFacts(KeyspaceTable Keyspaces, long[] Counts)
{
    internal static RootFacts Empty { get; } = new(KeyspaceTable.Empty, []);
}
