namespace LogEngine.Stress;

/// <summary>
/// Appends of all kinds at once, committed by whichever thread comes by: none is forgotten, and what is read
/// beside them is what was appended.
/// </summary>
public sealed class HandOverTests
{
    private const int Threads = 3;
    private const int Tasks = 6;

    [Theory]
    [InlineData(IoMode.Auto, 1)]
    [InlineData(IoMode.Auto, 3)]
    [InlineData(IoMode.Buffered, 1)]
    public async Task Nobody_waits_for_a_commit_that_nobody_makes(IoMode mode, int groupsInFlight)
    {
        using ScratchDirectory scratch = new();
        await using WriteAheadLog log = await WriteAheadLog.OpenAsync(
            scratch.Path,
            SmallLogs.Options(mode) with
            {
                GroupsInFlight = groupsInFlight,
                SegmentSizeBytes = 1 << 20,
                MaxUnsyncedAge = TimeSpan.FromMilliseconds(20),
            });
        StressBudget stop = StressBudget.OfStorm();
        Task<long> read = FollowAsync(log, stop);
        Task<long>[] writers =
        [
            .. Enumerable.Range(0, Threads).Select(i => Task.Factory.StartNew(
                () => Block(log, i, stop),
                CancellationToken.None,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default)),
            .. Enumerable.Range(0, Tasks).Select(i => Task.Run(() => AppendAsync(log, i, stop))),
        ];
        long appended = (await Task.WhenAll(writers).WaitAsync(TimeSpan.FromMinutes(2))).Sum();
        Assert.Equal(appended, log.LastSequence);
        await log.AppendAsync(Last);
        Assert.Equal(appended + 1, await read.WaitAsync(TimeSpan.FromMinutes(1)));
    }

    private static byte[] Last { get; } = [0xFF];

    private static long Block(WriteAheadLog log, int seed, StressBudget stop)
    {
        Random random = new(seed);
        long count = 0;
        for (; !stop.IsOver; count++)
        {
            log.Append(Payloads.Of(random.Next(1, 300), seed), Level(random));
        }

        return count;
    }

    private static async Task<long> AppendAsync(WriteAheadLog log, int seed, StressBudget stop)
    {
        Random random = new(100 + seed);
        long count = 0;
        for (; !stop.IsOver; count++)
        {
            byte[] payload = Payloads.Of(random.Next(1, 300), seed);
            if (random.Next(8) == 0)
            {
                LogBatch batch = new();
                batch.Add(payload);
                await log.AppendBatchAsync(batch, Level(random));
            }
            else
            {
                await log.AppendAsync(payload, Level(random));
            }

            if (random.Next(50) == 0)
            {
                await Task.Delay(1);
            }
        }

        return count;
    }

    private static Durability Level(Random random) => random.Next(10) switch
    {
        0 => Durability.PowerLoss,
        1 => Durability.None,
        _ => Durability.ProcessCrash,
    };

    private static async Task<long> FollowAsync(WriteAheadLog log, StressBudget stop)
    {
        long read = 0;
        LogReaderOptions options = new() { Follow = true, UpTo = ReadUpTo.Written };
        await using LogReader reader = log.OpenReader(1, options);
        await foreach (OwnedRecord record in reader.ReadAllAsync())
        {
            read++;
            Assert.Equal(read, record.Sequence);
            if (stop.IsOver && record.Payload.Span.SequenceEqual(Last))
            {
                break;
            }
        }

        return read;
    }
}
