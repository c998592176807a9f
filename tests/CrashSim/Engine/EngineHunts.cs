using LogEngine.CrashSim.Simulated;

namespace LogEngine.CrashSim.EngineFaults;

/// <summary>The hunts that every planted bug of an engine has to face, cheapest first.</summary>
internal static class EngineHunts
{
    private static SearchDepth Depth { get; } = new(3, 1, 3, 4096) { GoOnEvery = 24 };

    /// <summary>Hunts until something is found; all of them where nothing is and time allows.</summary>
    internal static RowResult UntilFailure(FaultBudget budget)
    {
        RowResult result = new();
        IEnumerable<Action> hunts = EngineHunt.Workloads(EngineHunt.Deep, 10)
                .Select(w => w with { MostChoices = 6 })
            .Concat(EngineHunt.Workloads(EngineWorkload.Sequences(1), 100)
                .Select(w => w with { MostChoices = 12 }))
            .Select<EngineWorkload, Action>(w => () => EngineHunt.Run(w, Depth, result))
            .Prepend(() => EngineDamage.MissingSnapshots(result))
            .Concat(EngineHunt.Workloads(EngineHunt.Deep, 300)
                .Select(w => w with { MostChoices = 8 })
                .Select<EngineWorkload, Action>(w => () => EngineHunt.Run(w, Depth, result)));
        foreach (Action hunt in hunts)
        {
            try
            {
                hunt();
            }
            catch (Exception error) when (error is LogEngineException or InvalidOperationException)
            {
                result.Fail(error.ToString());
            }

            if (result.HasFailed || budget.IsOver)
            {
                break;
            }
        }

        return result;
    }
}
