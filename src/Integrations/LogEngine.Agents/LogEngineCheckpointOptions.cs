namespace LogEngine.Agents;

/// <summary>How a <see cref="LogEngineCheckpointStore"/> saves. Immutable.</summary>
public sealed record LogEngineCheckpointOptions
{
    /// <summary>
    /// How many checkpoints of each session are kept, from 1; default null: all. Those that are pushed out go in the
    /// commit that saves a new one, and cannot be resumed from any more.
    /// </summary>
    public int? Keep { get; init; }

    /// <summary>
    /// What a checkpoint survives once its step has completed. Default null: the engine's default.
    /// </summary>
    public Durability? Durability { get; init; }

    /// <summary>Checks every value against its range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of its range.</exception>
    public void Validate()
    {
        if (Keep is { } keep)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(keep, 1, nameof(Keep));
        }

        if (Durability is { } level && !Enum.IsDefined(level))
        {
            throw new ArgumentOutOfRangeException(nameof(Durability), level, "There is no such level.");
        }
    }
}
