namespace LogEngine.CrashWriter;

/// <summary>
/// Appends one record after the other at PowerLoss until standard input ends, for a parent that
/// takes something away meanwhile: says of each what came of it, and goes on after a refusal.
/// </summary>
/// <remarks>
/// Lines: "ready first last"; "ack ..." as ever; "refused counter type" of an append that failed
/// with a log that is still sound; "faulted counter type"; last "closed", with the type of an error.
/// </remarks>
internal static class SteadyAppends
{
    /// <summary>Tries after a fault, none of which may be acknowledged.</summary>
    private const int TriesAfterFault = 20;

    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(2);

    internal static async Task<int> RunAsync(
        string directory, WriteAheadLogOptions options, int run)
    {
        await WarmUpAsync();
        WriteAheadLog log;
        try
        {
            log = await WriteAheadLog.OpenAsync(directory, options);
        }
        catch (Exception error) when (error is IOException or LogEngineException)
        {
            Program.Say($"open {error.GetType().Name}");
            return 2;
        }

        Program.Say($"ready {log.FirstSequence} {log.LastSequence}");
        Task inputEnded = Program.InputEnds();
        int faults = 0;
        for (int counter = 0; !inputEnded.IsCompleted && faults < TriesAfterFault; counter++)
        {
            faults += await AppendAsync(log, new Stamp(run, 0, counter, 0, 1)) ? 0 : 1;
        }

        Program.Say($"closed {await Program.CloseAsync(log.CloseAsync)}".TrimEnd());
        return 0;
    }

    /// <summary>
    /// Throws and catches once: without descriptors the runtime itself could not load what that
    /// takes.
    /// </summary>
    private static async Task WarmUpAsync()
    {
        try
        {
            await WriteAheadLog.OpenAsync("/dev/null/nothing");
        }
        catch (StorageIOException error)
        {
            _ = error.ToString();
        }
    }

    /// <summary>False where the log has faulted.</summary>
    private static async Task<bool> AppendAsync(WriteAheadLog log, Stamp stamp)
    {
        try
        {
            long sequence = await log.AppendAsync(stamp.Encode(700 + (stamp.Counter % 5 * 900)));
            Program.Say($"ack {sequence} 1 0 {stamp.Counter} {(int)Durability.PowerLoss}");
            return true;
        }
        catch (Exception error) when (error is IOException or LogEngineException)
        {
            bool faulted = error is StorageFaultedException;
            string what = faulted ? "faulted" : "refused";
            Program.Say($"{what} {stamp.Counter} {error.GetType().Name}");
            await Task.Delay(_pause);
            return !faulted;
        }
    }
}
