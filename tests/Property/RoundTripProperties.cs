namespace LogEngine.Properties;

public sealed class RoundTripProperties
{
    [Checked(60, typeof(AppendPlan), Needs = IoMode.Direct)]
    public Task What_was_appended_reads_back_also_after_reopening(AppendPlan plan) =>
        CheckAsync(plan, IoMode.Direct);

    [Checked(60, typeof(AppendPlan))]
    public Task Buffered_what_was_appended_reads_back_also_after_reopening(AppendPlan plan) =>
        CheckAsync(plan, IoMode.Buffered);

    private static async Task CheckAsync(AppendPlan plan, IoMode mode)
    {
        using ScratchDirectory scratch = new();
        WriteAheadLogOptions options = new()
        {
            SegmentSizeBytes = plan.SegmentSize,
            GroupCapBytes = plan.GroupCap,
            IoMode = mode,
        };
        SortedDictionary<long, byte[]> expected = [];
        int half = Math.Min(plan.ReopenAfter, plan.Steps.Length);
        await AppendAsync(scratch.Path, options, plan.Steps[..half], expected);
        await AppendAsync(scratch.Path, options, plan.Steps[half..], expected);
        Assert.Equal(Enumerable.Range(1, expected.Count).Select(i => (long)i), expected.Keys);
        LogContents.AssertSame(
            [.. expected.Values], await LogContents.ReadAsync(scratch.Path));
    }

    private static async Task AppendAsync(
        string directory,
        WriteAheadLogOptions options,
        AppendStep[] steps,
        SortedDictionary<long, byte[]> expected)
    {
        await using WriteAheadLog log = await WriteAheadLog.OpenAsync(directory, options);
        LogContents.AssertSame([.. expected.Values], LogContents.Read(log));
        List<Task> pending = [];
        int seed = expected.Count;
        foreach (AppendStep step in steps)
        {
            byte[][] payloads = [.. step.Lengths.Select(length => Payloads.Of(length, seed++))];
            Task call = RunAsync(log, step, payloads, expected);
            pending.Add(call);
            if (step.Await)
            {
                await call.Soon();
            }
        }

        await Task.WhenAll(pending).Soon();
        await log.FlushAsync().Soon();
        LogContents.AssertSame([.. expected.Values], LogContents.Read(log));
    }

    private static async Task RunAsync(
        WriteAheadLog log,
        AppendStep step,
        byte[][] payloads,
        SortedDictionary<long, byte[]> expected)
    {
        SequenceRange range;
        switch (step.Way)
        {
            case Way.Blocking:
                range = One(log.Append(payloads[0], step.Durability));
                break;
            case Way.Try:
                if (!TryAppend(log, payloads[0], out range))
                {
                    return;
                }

                break;
            case Way.Batch:
                LogBatch batch = new();
                Array.ForEach(payloads, payload => batch.Add(payload));
                range = await log.AppendBatchAsync(batch, step.Durability);
                break;
            default:
                range = One(await log.AppendAsync(payloads[0], step.Durability));
                break;
        }

        Assert.Equal(payloads.Length, range.Count);
        lock (expected)
        {
            for (int i = 0; i < payloads.Length; i++)
            {
                expected.Add(range.First + i, payloads[i]);
            }
        }
    }

    private static SequenceRange One(long sequence) => new(sequence, sequence);

    private static bool TryAppend(WriteAheadLog log, byte[] payload, out SequenceRange range)
    {
        try
        {
            bool taken = log.TryAppend(payload, out long sequence);
            range = One(sequence);
            return taken;
        }
        catch (RecordTooLargeException)
        {
            range = default;
            return false;
        }
    }
}
