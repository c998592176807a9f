namespace LogEngine;

/// <summary>What an engine can do beyond the contract of <see cref="StorageEngine"/>. Immutable.</summary>
public sealed record EngineCapabilities
{
    /// <summary>Several processes may work on what it holds at the same time.</summary>
    public required bool IsShared { get; init; }

    /// <summary>
    /// <see cref="Durability.MachineLoss"/> is there: what is acknowledged so is on another machine too.
    /// </summary>
    public required bool SurvivesMachineLoss { get; init; }

    /// <summary>The lease of a queue's message goes on when the process that holds it ends.</summary>
    public required bool LeasesOutliveProcess { get; init; }

    /// <summary>Whether a key is there is answered from memory, without a disk or a server.</summary>
    public required bool LooksWithoutIO { get; init; }

    /// <summary>A <see cref="ReadView"/> may stay open as long as one likes.</summary>
    public required bool HasLastingViews { get; init; }

    /// <summary>
    /// <see cref="Keyspace.WatchAsync"/> tells what changes. Where it is false that is a
    /// <see cref="NotSupportedException"/>.
    /// </summary>
    public bool CanWatch { get; init; }

    /// <summary>
    /// <see cref="WriteBatch.PutSequenced"/> puts the version of a put into its key, and a later commit that
    /// does so in that keyspace gives higher ones.
    /// </summary>
    public bool PutsSequencedKeys { get; init; }

    /// <summary>
    /// Every commit gives higher versions than all before it: what has changed since a moment can be told by versions.
    /// Where it is false they are good for comparing only.
    /// </summary>
    public bool VersionsFollowCommits { get; init; }

    /// <summary>Most bytes of a value.</summary>
    public required long MaxValueBytes { get; init; }
}
