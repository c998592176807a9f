namespace LogEngine.CrashWriter;

/// <summary>
/// Ten appends, one after the other, for a parent that makes the k-th system call fail: says of
/// each whether it was acknowledged, and what the first and the following errors were.
/// </summary>
internal static class FewAppends
{
    internal static async Task<int> RunAsync(
        string directory, WriteAheadLogOptions options, int run)
    {
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
        for (int counter = 0; counter < 10; counter++)
        {
            try
            {
                byte[] record = new Stamp(run, 0, counter, 0, 1).Encode(500);
                long sequence = await log.AppendAsync(record);
                Program.Say($"ack {sequence} 1 0 {counter} {(int)Durability.PowerLoss}");
            }
            catch (LogEngineException error)
            {
                Program.Say($"failed {counter} {error.GetType().Name}");
            }
        }

        Program.Say($"faulted {log.Faulted.IsCompleted}");
        try
        {
            await log.CloseAsync();
            Program.Say("closed");
        }
        catch (StorageFaultedException)
        {
            Program.Say("closed StorageFaultedException");
        }

        return 0;
    }
}
