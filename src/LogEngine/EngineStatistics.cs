namespace LogEngine;

/// <summary>What every engine can say of what it holds: a moment's picture.</summary>
public record EngineStatistics
{
    /// <summary>Keys in all keyspaces, those included that have expired and not been removed yet.</summary>
    public required long Keys { get; init; }

    /// <summary>Keyspaces, those of stores included.</summary>
    public int Keyspaces { get; init; }

    /// <summary>Bytes of keys and values, with what goes with each; null where that is not known.</summary>
    public long? DataBytes { get; init; }

    /// <summary>
    /// Bytes that the engine takes where it stores them, what waits for being freed included; null where that is
    /// not known.
    /// </summary>
    public long? StorageBytes { get; init; }
}
