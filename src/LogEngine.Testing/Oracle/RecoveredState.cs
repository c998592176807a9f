namespace LogEngine.Testing.Oracle;

/// <summary>What opening a crashed disk showed.</summary>
/// <param name="First">First sequence.</param>
/// <param name="Last">Last sequence.</param>
/// <param name="Problem">What was wrong with it whatever was acknowledged; null for
/// nothing.</param>
/// <param name="Refusal">The typed error that opening threw, where it did.</param>
internal sealed record RecoveredState(
    long First, long Last, string? Problem, LogEngineException? Refusal = null);
