using LogEngine.Compare.Measuring;
using LogEngine.Compare.Reporting;

namespace LogEngine.Compare.Suites;

/// <summary>Runs the sides of a comparison in turn: none has the machine's quiet minutes alone.</summary>
internal static class SideRuns
{
    /// <summary>Runs every side once, then again, as often as asked for.</summary>
    /// <param name="options">The run's options: sides, pauses.</param>
    /// <param name="report">Told of each run.</param>
    /// <param name="name">What is measured.</param>
    /// <param name="repeat">Runs of each side.</param>
    /// <param name="measure">One run of one side.</param>
    /// <param name="whyNot">Why a side does not take part; null where it does.</param>
    /// <returns>Sides that have runs, in the order asked for.</returns>
    internal static async Task<IReadOnlyList<(string Side, List<Window> Windows)>> MeasureAsync(
        CompareOptions options,
        Report report,
        string name,
        int repeat,
        Func<string, Task<Window>> measure,
        Func<string, string?>? whyNot = null)
    {
        Dictionary<string, List<Window>> windows = [];
        for (int run = 1; run <= repeat; run++)
        {
            foreach (string side in options.Engines)
            {
                if (whyNot?.Invoke(side) is { } reason)
                {
                    if (run == 1)
                    {
                        Report.Skip(name, side, reason);
                    }

                    continue;
                }

                try
                {
                    Thread.Sleep(options.Pause);
                    Window window = await measure(side);
                    Report.Tell(name, side, run, window);
                    windows.TryAdd(side, []);
                    windows[side].Add(window);
                }
                catch (Exception error)
                {
                    report.Fail(name, side, error);
                }
            }
        }

        return [.. options.Engines.Where(windows.ContainsKey).Select(side => (side, windows[side]))];
    }
}
