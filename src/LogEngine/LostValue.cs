namespace LogEngine;

/// <summary>A value of an engine that a salvage knows of and could not read.</summary>
/// <param name="Keyspace">Name of its keyspace.</param>
/// <param name="Key">Its key.</param>
/// <param name="Version">Its version in the damaged engine.</param>
/// <param name="Reason">What was found instead.</param>
public sealed record LostValue(
    string Keyspace, ReadOnlyMemory<byte> Key, long Version, string Reason);
