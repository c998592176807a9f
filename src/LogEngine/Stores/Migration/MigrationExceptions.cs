namespace LogEngine.Stores.Migration;

/// <summary>Why a migration was not begun.</summary>
public enum MigrationObstacle
{
    /// <summary>The target holds something, and no migration that was begun.</summary>
    TargetNotEmpty = 1,

    /// <summary>
    /// The target holds a migration that was begun and not finished; <see cref="MigrationOptions.Resume"/>
    /// goes on with it.
    /// </summary>
    TargetUnfinished = 2,

    /// <summary>The target's migration was begun from another source.</summary>
    OtherSource = 3,

    /// <summary>The source is itself the target of a migration that was not finished.</summary>
    SourceUnfinished = 4,

    /// <summary>The source holds queues, and the target's engine has none.</summary>
    NoQueues = 5,
}

/// <summary>A migration cannot go from this source to this target. Nothing was written.</summary>
public sealed class MigrationRefusedException : LogEngineException
{
    internal MigrationRefusedException(MigrationObstacle obstacle)
        : base(obstacle switch
        {
            MigrationObstacle.TargetNotEmpty =>
                "The target is not empty, and what it holds is no migration that was begun; choose an "
                + "empty one.",
            MigrationObstacle.TargetUnfinished =>
                "The target holds a migration that was begun and not finished; resume it, or choose an "
                + "empty target.",
            MigrationObstacle.OtherSource =>
                "The target holds a migration from another source; choose an empty target.",
            MigrationObstacle.SourceUnfinished =>
                "The source is the target of a migration that was not finished; finish that one first.",
            _ => "The source holds queues, and the target's engine has none.",
        }) => Obstacle = obstacle;

    /// <summary>What stands in its way.</summary>
    public MigrationObstacle Obstacle { get; }
}

/// <summary>
/// After a migration the target is not the same as the source: somebody else has written to it, or it has
/// lost something. The migration stays unfinished; resumed, it compares every value and mends the target.
/// </summary>
public sealed class MigrationMismatchException : LogEngineException
{
    internal MigrationMismatchException(string name, ReadOnlyMemory<byte> key, string difference)
        : base(
            $"'{name}' is not the same in the target"
            + (key.IsEmpty ? "" : $", at key {Convert.ToHexString(key.Span)}")
            + $": {difference}. See that nobody writes to the target, and resume the migration.")
    {
        Name = name;
        Key = key;
    }

    /// <summary>The keyspace or queue.</summary>
    public string Name { get; }

    /// <summary>The first key that differs; empty for a queue.</summary>
    public ReadOnlyMemory<byte> Key { get; }
}
