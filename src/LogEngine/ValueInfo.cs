namespace LogEngine;

/// <summary>What is known of a value besides its bytes.</summary>
/// <param name="Version">
/// Sequence of the write that made it. Above the engine's durable sequence it may belong to another
/// write after a power loss.
/// </param>
/// <param name="ExpiresAt">From when it is absent; null for never.</param>
public readonly record struct ValueInfo(long Version, DateTimeOffset? ExpiresAt);
