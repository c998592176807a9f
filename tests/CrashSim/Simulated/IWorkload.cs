using LogEngine.Testing.Disk;

namespace LogEngine.CrashSim.Simulated;

/// <summary>What is done to a log or an engine; it can be done again without some of its steps.</summary>
internal interface IWorkload<TSelf, TStep>
    where TSelf : IWorkload<TSelf, TStep>
{
    IReadOnlyList<TStep> Steps { get; }

    TSelf WithSteps(IReadOnlyList<TStep> steps);

    /// <summary>Runs it and judges its crash states; gives the failures.</summary>
    IReadOnlyList<CrashFailure<TSelf>> Search(SearchDepth depth, int maxFailures);

    /// <summary>Runs it and keeps what it did, in words.</summary>
    (IReadOnlyList<DiskSnapshot> Points, IReadOnlyList<string> Trace) Retrace();
}
