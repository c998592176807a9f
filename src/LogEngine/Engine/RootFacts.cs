namespace LogEngine.Engine;

/// <summary>What a published root says besides its keys. Immutable.</summary>
/// <param name="Keyspaces">The keyspaces.</param>
/// <param name="Counts">Keys of each, by its id.</param>
/// <param name="Keys">Keys of all of them.</param>
internal sealed record RootFacts(
    KeyspaceTable Keyspaces, IdMap<long>.Version Counts, long Keys);
