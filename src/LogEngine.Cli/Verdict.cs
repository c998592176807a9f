namespace LogEngine.Cli;

/// <summary>
/// What was found out counts more than whether it could be shown: damage is 3, whatever becomes of the
/// output.
/// </summary>
internal static class Verdict
{
    /// <summary>Shows what a verdict rests on, and gives the exit code.</summary>
    internal static int Print(ToolIO io, int verdict, Action print)
    {
        try
        {
            print();
        }
        catch (ClosedOutputException)
        {
            // Whoever read has had enough; the verdict is in the exit code.
        }
        catch (OutputFailedException failed) when (verdict != ExitCode.Sound)
        {
            io.Tell($"logengine: {failed.Message}");
        }

        return verdict;
    }

    /// <summary>Shows what stands before a failure that is about to be told of.</summary>
    internal static void ShowBefore(Action flush)
    {
        try
        {
            flush();
        }
        catch (Exception output) when (output is ClosedOutputException or OutputFailedException)
        {
            // The failure itself comes next, and is the graver one.
            return;
        }
    }
}
