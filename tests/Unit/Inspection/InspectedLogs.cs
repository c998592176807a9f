namespace LogEngine.Unit.Inspection;

/// <summary>Logs to look into.</summary>
internal static class InspectedLogs
{
    /// <summary>Length that leaves a record three bytes of padding.</summary>
    internal const int Length = 1005;

    /// <summary>Records of three segments and a bit.</summary>
    internal const int Count = 60;

    /// <summary>A closed log of several segments; each record is a group.</summary>
    internal static Task<List<byte[]>> CreateAsync(ScratchDirectory directory) =>
        SmallLogs.CreateAsync(directory.Path, Count, Length);

    /// <summary>A log of batches: 1; 2 to 4; 5; 6 to 8, and so on, in one segment.</summary>
    internal static async Task<List<byte[]>> CreateBatchesAsync(
        ScratchDirectory directory, int pairs)
    {
        await using WriteAheadLog log = await SmallLogs.OpenAsync(directory.Path);
        List<byte[]> records = [];
        LogBatch batch = new();
        for (int i = 0; i < 2 * pairs; i++)
        {
            batch.Clear();
            for (int record = 0; record < (i % 2 == 0 ? 1 : 3); record++)
            {
                records.Add(Payloads.Of(101, records.Count));
                batch.Add(records[^1]);
            }

            await log.AppendBatchAsync(batch, Durability.None);
        }

        return records;
    }

    /// <summary>A log as a kill leaves it: not closed, and no mark for its last group.</summary>
    internal static async Task<(string Directory, List<byte[]> Records)> KilledAsync(
        ScratchDirectory directory, int count)
    {
        await using WriteAheadLog log = await WriteAheadLog.OpenAsync(
            directory.Path, SmallLogs.Options() with { TimeProvider = new ManualTime() });
        List<byte[]> records = SmallLogs.Append(log, count, Length);
        return (directory.CopyTo("killed"), records);
    }

    /// <summary>The file of a segment, by the order in which it was written.</summary>
    internal static string Segment(string directory, int index) =>
        Directory.GetFiles(directory, "*.seg").Order(StringComparer.Ordinal)
            .Where(f => Layout.Of(f).Groups.Count > 0).ElementAt(index);
}
