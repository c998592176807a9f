using LogEngine.CrashSim.Simulated;

namespace LogEngine.CrashSim.Kernel;

/// <summary>
/// Runs the body of a test of rows, and reports it: how many states, and whether it failed or was
/// skipped.
/// </summary>
internal static class KernelRow
{
    /// <param name="layer">K or B.</param>
    /// <param name="rows">Rows of the fault table that the states count for.</param>
    /// <param name="body">Gives the number of states judged.</param>
    internal static async Task RunAsync(string layer, int[] rows, Func<Task<int>> body)
    {
        int states = 0;
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
            foreach (int row in rows)
            {
                FaultReport.Row(row, layer, states, states, failures, skipped);
            }
        }
    }
}
