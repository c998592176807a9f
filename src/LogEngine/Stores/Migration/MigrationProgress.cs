namespace LogEngine.Stores.Migration;

/// <summary>What a migration is doing.</summary>
public enum MigrationStep
{
    /// <summary>Copies a keyspace.</summary>
    Copying = 1,

    /// <summary>Copies a queue.</summary>
    CopyingQueue = 2,

    /// <summary>Reads a keyspace or queue back and compares it.</summary>
    Verifying = 3,
}

/// <summary>How far a migration has come.</summary>
/// <param name="Step">What it is doing.</param>
/// <param name="Keyspace">The keyspace or queue at hand.</param>
/// <param name="Keys">Keys and records of queues copied so far; while verifying, compared so far.</param>
/// <param name="Bytes">Bytes of their keys and values, or bodies.</param>
public readonly record struct MigrationProgress(
    MigrationStep Step, string Keyspace, long Keys, long Bytes);
