using System.Diagnostics;
using System.Globalization;
using LogEngine.Stores.Queues;

namespace LogEngine.Compare.Suites;

/// <summary>One step of <see cref="KeyspacesSuite"/>, in a process of its own.</summary>
internal static class KeyspacesChild
{
    /// <summary>The step that ends with a kill.</summary>
    internal const string KilledStep = "make";

    private const int Tasks = 64;

    /// <summary>Written, killed; opened from the log; opened from a snapshot, and dropped.</summary>
    internal static IReadOnlyList<string> Steps { get; } = [KilledStep, "replay", "snapshot"];

    internal static async Task<int> RunAsync(string[] args)
    {
        string side = args[0];
        int count = int.Parse(args[2], CultureInfo.InvariantCulture);
        Durability durability = args[4] switch
        {
            "none" => Durability.None,
            "process-crash" => Durability.ProcessCrash,
            _ => Durability.PowerLoss,
        };

        // What every process pays once: compilation, and the engine's own buffers.
        await using (EmbeddedEngine warm = StorageEngine.OpenInMemory())
        {
            await KeyspacesAsync(warm, 500, durability);
            await QueuesAsync(warm, 50, durability);
        }

        bool queues = side == "queues";
        long before = Resident();
        Meter meter = new();
        EmbeddedEngine engine = await StorageEngine.OpenAsync(args[3]);
        if (args[1] == KilledStep)
        {
            long empty = Resident();
            meter.Start();
            await (queues ? QueuesAsync(engine, count, durability)
                : KeyspacesAsync(engine, count, durability));
            meter.Tell("make, first write", Memory(empty, engine, count));
            if (!queues)
            {
                meter.Start();
                await KeyspacesAsync(engine, count, durability);
                meter.Tell("second write", null);
            }

            // What the next step opens lies in the log alone.
            Process.GetCurrentProcess().Kill();
        }

        meter.Tell($"open, {args[1]}", Memory(before, engine, count));
        if (args[1] == "replay")
        {
            meter.Start();
            await engine.SnapshotAsync();
            meter.Tell("write a snapshot", null);
            await engine.CloseAsync();
            return 0;
        }

        meter.Start();
        int found = queues ? (await engine.ListQueuesAsync()).Count : engine.ListKeyspaces().Count;
        meter.Tell("list", null);
        Require(found == count, $"{found} of {count} were found");
        await (queues ? OpenQueuesAsync(engine, meter, before, count) : ReadAsync(engine, meter, count));
        meter.Start();
        await ForAllAsync(count, async i => Require(
            queues
                ? await engine.DropQueueAsync(NameOf(i))
                : await engine.DropKeyspaceAsync(NameOf(i), durability),
            "it was not there"));
        meter.Tell("drop", null);
        Require(engine.ListKeyspaces().Count == 0, "something is left");
        await engine.CloseAsync();
        return 0;
    }

    private static string NameOf(int i) => $"tenant-{i:D8}";

    private static Task KeyspacesAsync(EmbeddedEngine engine, int count, Durability durability)
    {
        byte[] key = "key"u8.ToArray();
        byte[] value = new byte[100];
        return ForAllAsync(count, async i =>
            await engine.GetKeyspace(NameOf(i)).PutAsync(key, value, durability));
    }

    private static Task QueuesAsync(EmbeddedEngine engine, int count, Durability durability)
    {
        byte[] body = new byte[100];
        return ForAllAsync(count, async i =>
        {
            await using DurableQueue queue = await engine.OpenQueueAsync(NameOf(i));
            await queue.EnqueueAsync(new QueueMessage(body), durability);
        });
    }

    private static async Task ReadAsync(EmbeddedEngine engine, Meter meter, int count)
    {
        byte[] key = "key"u8.ToArray();
        meter.Start();
        await ForAllAsync(count, async i =>
        {
            using StoredValue? value = await engine.GetKeyspace(NameOf(i)).GetAsync(key);
            Require(value is not null, "a value is lost");
        });
        meter.Tell("first read", null);
    }

    /// <summary>All of them open at once, as a server has them.</summary>
    private static async Task OpenQueuesAsync(
        EmbeddedEngine engine, Meter meter, long before, int count)
    {
        DurableQueue[] open = new DurableQueue[count];
        meter.Start();
        await ForAllAsync(count, async i =>
            open[i] = await engine.OpenQueueAsync(NameOf(i)));
        meter.Tell("open each queue", Memory(before, engine, count));
        meter.Start();
        await ForAllAsync(count, async i =>
        {
            QueueDelivery? delivery = await open[i].ReceiveAsync(TimeSpan.Zero);
            Require(delivery is not null, "a message is lost");
            await open[i].AcknowledgeAsync(delivery!.Lease);
        });
        meter.Tell("receive, acknowledge", null);
        meter.Start();
        await ForAllAsync(count, async i => await open[i].DisposeAsync());
        meter.Tell("close each queue", null);
    }

    private static Task ForAllAsync(int count, Func<int, ValueTask> act) => Parallel.ForAsync(
        0, count, new ParallelOptions { MaxDegreeOfParallelism = Tasks }, (i, _) => act(i));

    /// <summary>What is alive: managed, and the index; and what the process has grown by.</summary>
    private static string Memory(long before, EmbeddedEngine engine, int count)
    {
        long managed = GC.GetTotalMemory(forceFullCollection: true);
        long index = engine.Statistics.IndexBytes;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{(double)(managed + index) / count:N0} B each alive: managed "
            + $"{managed / 1048576.0:N1} MiB, index {index / 1048576.0:N1} MiB; process "
            + $"{Environment.WorkingSet / 1048576.0:N0} MiB, "
            + $"{(Environment.WorkingSet - before) / 1048576.0:N0} MiB more");
    }

    private static long Resident()
    {
        GC.Collect();
        return Environment.WorkingSet;
    }

    private static void Require(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new InvalidDataException(otherwise);
        }
    }

    /// <summary>Times a piece of work, and tells it to the parent.</summary>
    private sealed class Meter
    {
        private long _started = Stopwatch.GetTimestamp();
        private TimeSpan _cpu = Environment.CpuUsage.TotalTime;

        internal void Start()
        {
            _started = Stopwatch.GetTimestamp();
            _cpu = Environment.CpuUsage.TotalTime;
        }

        internal void Tell(string what, string? note)
        {
            TimeSpan elapsed = Stopwatch.GetElapsedTime(_started);
            TimeSpan cpu = Environment.CpuUsage.TotalTime - _cpu;
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{what}\t{elapsed.TotalMicroseconds}\t{cpu.TotalMicroseconds}\t{note}"));
        }
    }
}
