namespace LogEngine;

/// <summary>What a snapshot file holds, loaded and verified as a whole.</summary>
/// <param name="payload">The bytes that were saved.</param>
/// <param name="logSequence">Log sequence that the content stands for; 0 where it has none.</param>
/// <param name="contentVersion">The payload's own version.</param>
public sealed class SnapshotContent(
    ReadOnlyMemory<byte> payload, long logSequence, uint contentVersion)
{
    /// <summary>The bytes that were saved; the caller owns them.</summary>
    public ReadOnlyMemory<byte> Payload { get; } = payload;

    /// <summary>Log sequence that the content stands for; 0 where it has none.</summary>
    public long LogSequence { get; } = logSequence;

    /// <summary>The payload's own version, as its writer gave it.</summary>
    public uint ContentVersion { get; } = contentVersion;
}
