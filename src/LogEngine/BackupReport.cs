namespace LogEngine;

/// <summary>What a backup or a restore did.</summary>
public sealed record BackupReport
{
    /// <summary>The backup, or the directory that was restored.</summary>
    public required string Directory { get; init; }

    /// <summary>The last sequence that it holds; it holds everything up to that.</summary>
    public required long Sequence { get; init; }

    /// <summary>Segments that it holds.</summary>
    public required int Segments { get; init; }

    /// <summary>Snapshots of the index that it holds.</summary>
    public required int Snapshots { get; init; }

    /// <summary>Bytes that were copied.</summary>
    public required long BytesCopied { get; init; }

    /// <summary>Bytes that an older backup had already.</summary>
    public required long BytesKept { get; init; }
}
