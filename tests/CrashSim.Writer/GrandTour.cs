namespace LogEngine.CrashWriter;

/// <summary>
/// Everything a log does to its files, one thing after the other: it rolls, truncates, recycles,
/// takes an oversized record, closes and opens again. For a parent that kills it on the way.
/// </summary>
internal static class GrandTour
{
    private const int Rounds = 2;
    private const int LargeRecord = 12_000;

    internal static async Task<int> RunAsync(
        string directory, WriteAheadLogOptions options, int run)
    {
        int counter = 0;
        try
        {
            for (int round = 0; round < Rounds; round++)
            {
                await using WriteAheadLog log =
                    await WriteAheadLog.OpenAsync(directory, options with { SpareSegments = 1 });
                Program.Say($"ready {log.FirstSequence} {log.LastSequence}");
                foreach (int length in (int[])[200, LargeRecord, 300])
                {
                    await AppendAsync(log, run, counter++, length);
                }

                for (int i = 0; i < 10; i++)
                {
                    await AppendAsync(log, run, counter++, LargeRecord);
                }

                long keepFrom = log.LastSequence - 2;
                Program.Say($"truncating {keepFrom}");
                await log.TruncateBeforeAsync(keepFrom);
                Program.Say($"truncated {keepFrom}");
                await AppendAsync(log, run, counter++, 40_000);
                await AppendAsync(log, run, counter++, 100);
            }

            Program.Say("closed");
            return 0;
        }
        catch (Exception error) when (error is IOException or LogEngineException)
        {
            Program.Say($"failed 0 {counter} {error.GetType().Name}");
            return 2;
        }
    }

    private static async Task AppendAsync(WriteAheadLog log, int run, int counter, int length)
    {
        // Every third one is only written: what is not synced must be lost in order.
        Durability durability =
            counter % 3 == 2 ? Durability.ProcessCrash : Durability.PowerLoss;
        long sequence = await log.AppendAsync(
            new Stamp(run, 0, counter, 0, 1).Encode(length), durability);
        Program.Say($"ack {sequence} 1 0 {counter} {(int)durability}");
    }
}
