using System.Globalization;

namespace LogEngine.CrashWriter;

/// <summary>
/// Appends until it is killed, and says on standard output what was acknowledged: each line is
/// flushed before the next append of the same task.
/// </summary>
/// <remarks>
/// Arguments: directory, I/O mode, run number, seed. Lines: "ready first last"; "ack first count
/// writer counter durability" of an append that survives the process; "truncating sequence" before
/// and "truncated sequence" after; "failed writer counter type" when a writer stops for an error.
/// With 'once' as a fifth argument it appends ten records one by one, then says how it went; with
/// 'steady' it appends one by one until its standard input ends; with 'tour' it does everything a
/// log does to its files. With 'engine' and 'engine-tour' the directory holds an engine:
/// <see cref="EngineWriters"/>, <see cref="EngineTour"/>.
/// </remarks>
internal static class Program
{
    private const int Writers = 4;

    private static readonly Lock Output = new();

    private static async Task<int> Main(string[] args)
    {
        IoMode mode = Enum.Parse<IoMode>(args[1]);
        int run = int.Parse(args[2], CultureInfo.InvariantCulture);
        int seed = int.Parse(args[3], CultureInfo.InvariantCulture);
        WriteAheadLogOptions options = new()
        {
            IoMode = mode,
            SegmentSizeBytes = run % 2 == 0 ? 64 << 10 : 256 << 10,
            GroupCapBytes = 16 << 10,
        };
        if (args.Length > 4)
        {
            StorageEngineOptions engine = EngineOptions(options, run);
            return args[4] switch
            {
                "engine" => await EngineWriters.RunAsync(args[0], engine, run, seed),
                "engine-tour" => await EngineTour.RunAsync(args[0], engine, run),
                "steady" => await SteadyAppends.RunAsync(args[0], options, run),
                "tour" => await GrandTour.RunAsync(args[0], options, run),
                _ => await FewAppends.RunAsync(args[0], options, run),
            };
        }

        WriteAheadLog log = await WriteAheadLog.OpenAsync(args[0], options);
        Say($"ready {log.FirstSequence} {log.LastSequence}");
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Factory.StartNew(
            () => WriteUntilErrorAsync(log, run, writer, new Random(seed + writer)),
            TaskCreationOptions.LongRunning).Unwrap()));
        return 0;
    }

    /// <summary>Completes at the end of standard input.</summary>
    internal static Task InputEnds() => Task.Factory.StartNew(
        static () =>
        {
            while (Console.In.Read() >= 0)
            {
            }
        },
        TaskCreationOptions.LongRunning);

    /// <summary>Closes something; the name of the error that it ended with, or nothing.</summary>
    internal static async Task<string> CloseAsync(Func<ValueTask> close)
    {
        try
        {
            await close();
            return string.Empty;
        }
        catch (Exception error) when (error is IOException or LogEngineException)
        {
            return error.GetType().Name;
        }
    }

    internal static void Say(string line)
    {
        lock (Output)
        {
            Console.Out.WriteLine(line);
            Console.Out.Flush();
        }
    }

    /// <summary>As small as the log's, so that snapshots and compaction have work all the time.</summary>
    private static StorageEngineOptions EngineOptions(WriteAheadLogOptions log, int run) => new()
    {
        IoMode = log.IoMode,
        SegmentSizeBytes = WriteAheadLogOptions.MinSegmentSizeBytes,
        GroupCapBytes = log.GroupCapBytes,
        SpareSegments = 1,
        CacheBytes = run % 2 == 0 ? 0 : 256 << 10,
        SnapshotBudgetBytes = StorageEngineOptions.MinSnapshotBudgetBytes,
    };

    /// <summary>Ends with the first error, which a machine that dies makes it meet.</summary>
    private static async Task WriteUntilErrorAsync(
        WriteAheadLog log, int run, int writer, Random random)
    {
        int counter = 0;
        try
        {
            for (; ; counter++)
            {
                await WriteAsync(log, new Stamp(run, writer, counter, 0, 1), random);
            }
        }
        catch (Exception error) when (error is IOException or LogEngineException)
        {
            Say($"failed {writer} {counter} {error.GetType().Name}");
        }
    }

    private static async Task WriteAsync(WriteAheadLog log, Stamp one, Random random)
    {
        Durability durability = (Durability)random.Next(3);
        int batch = random.Next(4) == 0 ? random.Next(2, 6) : 1;
        SequenceRange given =
            await AppendAsync(log, one with { Count = batch }, durability, random);
        if (durability != Durability.None)
        {
            Say($"ack {given.First} {given.Count} {one.Writer} {one.Counter} {(int)durability}");
        }

        if (one.Writer == 0 && random.Next(60) == 0)
        {
            long keepFrom = Math.Max(1, log.LastSequence - random.Next(400));
            Say($"truncating {keepFrom}");
            await log.TruncateBeforeAsync(keepFrom);
            Say($"truncated {keepFrom}");
        }
    }

    private static async Task<SequenceRange> AppendAsync(
        WriteAheadLog log, Stamp stamp, Durability durability, Random random)
    {
        if (stamp.Count > 1)
        {
            LogBatch batch = new();
            for (int i = 0; i < stamp.Count; i++)
            {
                batch.Add((stamp with { Index = i }).Encode(NextLength(random)));
            }

            return await log.AppendBatchAsync(batch, durability);
        }

        byte[] record = stamp.Encode(NextLength(random));
        long sequence = random.Next(3) == 0
            ? log.Append(record, durability)
            : await log.AppendAsync(record, durability);
        return new SequenceRange(sequence, sequence);
    }

    private static int NextLength(Random random) => random.Next(20) switch
    {
        0 => random.Next(4000, 9000),
        1 when random.Next(5) == 0 => random.Next(20_000, 60_000),
        _ => random.Next(Stamp.Size, 300),
    };
}
