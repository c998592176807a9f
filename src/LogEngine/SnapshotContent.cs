namespace LogEngine;

/// <summary>What a snapshot file holds, loaded and verified as a whole.</summary>
/// <param name="Payload">The bytes that were saved; the caller owns them.</param>
/// <param name="LogSequence">Log sequence that the content stands for; 0 where it has none.</param>
/// <param name="ContentVersion">The payload's own version, as its writer gave it.</param>
public sealed record SnapshotContent(
    ReadOnlyMemory<byte> Payload, long LogSequence, uint ContentVersion);
