using LogEngine.Testing;

namespace LogEngine.CrashSim.Simulated;

/// <summary>The hunts that every planted bug has to face, cheapest first, on one thread.</summary>
internal static class Hunts
{
    /// <summary>Hunts until something is found; all of them where nothing is and time allows.</summary>
    internal static RowResult UntilFailure(FaultBudget budget)
    {
        RowResult result = new();
        IEnumerable<Action> hunts = CrashHunt.Workloads(Workload.Sequences(1), 100)
            .Concat(CrashHunt.Workloads(CrashHunt.Deep, 200))
            .Select<Workload, Action>(
                w => () => CrashHunt.Run(w, SearchDepth.Quick, result))
            .Append(() => BitFlips.Run(
                FinishedLog.Of(BitFlips.ThreeSegments(1)), everyBit: false, result, result))
            .Append(() => StaleBodies.Run(1, result))
            .Concat(FaultHunt.Workloads.Select<Workload, Action>(w => () => FaultHunt.Run(
                w,
                new PlannedFault { Kinds = OperationKinds.DataSync | OperationKinds.Write },
                result)))
            .Concat(CrashHunt.Workloads(CrashHunt.Overlapping, 500).Select<Workload, Action>(
                w => () => CrashHunt.Run(w, SearchDepth.Quick, result)))
            .Concat(CrashHunt.Workloads(CrashHunt.Growing, 600).Select<Workload, Action>(
                w => () => CrashHunt.Run(w, SearchDepth.Quick, result)))
            .Concat(CrashHunt.Workloads(CrashHunt.Growing, 600).Select<Workload, Action>(
                w => () => CrashHunt.Run(w, SearchDepth.Torn, result)))
            .Concat(CrashHunt.Workloads(CrashHunt.Deep, 300).Select<Workload, Action>(
                w => () => CrashHunt.Run(w, SearchDepth.Full, result)));
        foreach (Action hunt in hunts)
        {
            hunt();
            if (result.HasFailed || budget.IsOver)
            {
                break;
            }
        }

        return result;
    }
}
