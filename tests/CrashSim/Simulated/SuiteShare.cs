namespace LogEngine.CrashSim.Simulated;

/// <summary>
/// The time of a suite in an ordinary run, from its first test on. What has rounds, or tries one
/// call after the other, stops when it is over and says how far it got. Longer runs have more.
/// </summary>
internal sealed class SuiteShare(string name, double seconds)
{
    private readonly Lazy<FaultBudget> _budget = new(() => FaultBudget.OfAtLeast(seconds));

    /// <summary>Child processes that are killed, and whose calls fail.</summary>
    internal static SuiteShare Processes { get; } = new("processes", 70);

    /// <summary>Power cuts and limits on real file systems.</summary>
    internal static SuiteShare Kernels { get; } = new("kernels", 100);

    /// <summary>The same with an engine: child processes, and real file systems.</summary>
    internal static SuiteShare Engines { get; } = new("processes with an engine", 45);

    internal static SuiteShare EnginesOnKernels { get; } = new("kernels under an engine", 45);

    /// <summary>Whether the time is over; the first question begins it.</summary>
    internal bool IsOver => _budget.Value.IsOver;

    /// <summary>The numbers of rounds: all of them, or some and a line that says so.</summary>
    /// <param name="what">What is done in rounds.</param>
    /// <param name="most">So many.</param>
    /// <param name="least">So many whatever the time.</param>
    internal IEnumerable<int> Rounds(string what, int most, int least = 1)
    {
        int done = 0;
        while (done < most && (!IsOver || done < least))
        {
            yield return done++;
        }

        Say(what, $"{done} of {most} rounds", cut: done < most);
    }

    /// <summary>Says how far something went that has no rounds.</summary>
    /// <param name="what">What was done.</param>
    /// <param name="howFar">How far.</param>
    /// <param name="cut">Whether the time ended it.</param>
    internal void Say(string what, string howFar, bool cut) => Console.WriteLine(
        $"{what}: {howFar}{(cut ? $", CUT SHORT: the share of {name} was over" : "")}, "
        + $"{_budget.Value.Elapsed.TotalSeconds:F0} s into it");
}
