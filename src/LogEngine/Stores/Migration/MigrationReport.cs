namespace LogEngine.Stores.Migration;

/// <summary>What a migration has done. Immutable.</summary>
public sealed class MigrationReport
{
    /// <summary>Whether the target is complete; false after one that went ahead.</summary>
    public required bool IsComplete { get; init; }

    /// <summary>Keys written, also those whose expiry alone was changed, and records of queues.</summary>
    public required long Copied { get; init; }

    /// <summary>Keys removed from the target, since they had gone from the source.</summary>
    public required long Removed { get; init; }

    /// <summary>Bytes of the keys and values written, and of bodies of messages.</summary>
    public required long CopiedBytes { get; init; }

    /// <summary>
    /// What was found to be the same on both sides, by keyspace and then by queue, each in the order of
    /// names; empty where nothing was to be verified.
    /// </summary>
    public required IReadOnlyList<MigrationCheck> Checks { get; init; }
}

/// <summary>A keyspace or a queue that was found to be the same on both sides.</summary>
/// <param name="Name">Its name.</param>
/// <param name="IsQueue">Whether it is a queue.</param>
/// <param name="Count">Keys, or records of the queue.</param>
/// <param name="Checksum">
/// The sum of the SHA-256 of each key with its value and expiry, or of each record, as 64 hexadecimal digits;
/// in no order, so that it is the same wherever it is taken.
/// </param>
public readonly record struct MigrationCheck(string Name, bool IsQueue, long Count, string Checksum);
