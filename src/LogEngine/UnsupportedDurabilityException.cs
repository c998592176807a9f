namespace LogEngine;

/// <summary>An engine cannot give the durability that was asked for; nothing was written.</summary>
public sealed class UnsupportedDurabilityException : LogEngineException
{
    /// <summary>Names the level.</summary>
    /// <param name="durability">What was asked for.</param>
    public UnsupportedDurabilityException(Durability durability)
        : base(
            $"This engine cannot acknowledge at {durability}: what it writes is on this machine alone. Ask "
            + $"for {Durability.PowerLoss}, or open an engine whose capabilities say "
            + $"{nameof(EngineCapabilities.SurvivesMachineLoss)}.")
    {
        Durability = durability;
    }

    /// <summary>What was asked for.</summary>
    public Durability Durability { get; }
}
