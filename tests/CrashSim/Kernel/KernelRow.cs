using LogEngine.CrashSim.Simulated;

namespace LogEngine.CrashSim.Kernel;

/// <summary>
/// Runs the body of a test of rows, and reports it: how many states, and whether it failed or was
/// skipped.
/// </summary>
internal static class KernelRow
{
    /// <param name="layer">P, K or B.</param>
    /// <param name="rows">Rows of the fault table that the states count for.</param>
    /// <param name="body">Gives the number of states judged, all of which count for each row.</param>
    internal static Task RunAsync(string layer, int[] rows, Func<Task<int>> body) =>
        RunAsync(layer, rows, async () =>
        {
            int states = await body();
            return rows.Select(_ => states).ToArray();
        });

    /// <param name="layer">P, K or B.</param>
    /// <param name="rows">Rows of the fault table.</param>
    /// <param name="body">Gives the number of states judged for each of them.</param>
    internal static async Task RunAsync(string layer, int[] rows, Func<Task<int[]>> body)
    {
        int[] states = new int[rows.Length];
        int failures = 1;
        string? skipped = null;
        try
        {
            states = await body();
            failures = 0;
        }
        catch (SkipException skip)
        {
            failures = 0;
            skipped = skip.Message;
            throw;
        }
        finally
        {
            for (int i = 0; i < rows.Length; i++)
            {
                FaultReport.Row(rows[i], layer, states[i], states[i], failures, skipped);
            }
        }
    }
}
