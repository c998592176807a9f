namespace LogEngine;

/// <summary>What became of a write that had a condition.</summary>
/// <param name="Applied">Whether it was written.</param>
/// <param name="Version">
/// The version it made; where it was refused, the version that stood in its way, 0 for none.
/// </param>
public readonly record struct ConditionalResult(bool Applied, long Version);
