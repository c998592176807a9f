namespace LogEngine.CrashSim.Simulated;

/// <summary>A crash state that recovery does not treat as promised.</summary>
internal sealed record CrashFailure<TWorkload>(
    TWorkload Workload, int Point, IReadOnlyList<int> Kept, string Problem);
