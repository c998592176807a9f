using System.Buffers.Binary;
using System.Diagnostics;
using LogEngine.Compare.Measuring;
using LogEngine.Compare.Queues;
using LogEngine.Compare.Storage;

namespace LogEngine.Compare.Suites;

/// <summary>What is done to a queue while it is measured.</summary>
internal static class QueueLoads
{
    private const int DrainTasks = 256;

    /// <summary>Puts of the same bytes into the engine: what a durable enqueue is held against.</summary>
    internal static async Task<Window> PutAsync(
        CompareOptions options, string directory, int payload, int workers)
    {
        await using EmbeddedEngine engine = await StorageEngine.OpenAsync(
            directory,
            new StorageEngineOptions { IoMode = options.IoMode, CacheBytes = options.CacheBytes });
        EmbeddedKeyspace keyspace = engine.GetKeyspace("bench");
        long next = 0;
        return await RunAsync(options, workers, async body =>
        {
            byte[] key = new byte[sizeof(long)];
            BinaryPrimitives.WriteInt64BigEndian(key, Interlocked.Increment(ref next));
            await keyspace.PutAsync(key, body, options.Durability).ConfigureAwait(false);
        }, payload) with
        { Note = "Keyspace.PutAsync, keys in order" };
    }

    /// <summary>Tasks that each enqueue one message after the other.</summary>
    internal static Task<Window> EnqueueAsync(
        CompareOptions options, IBenchQueue queue, int payload, int workers) =>
        RunAsync(options, workers, body => queue.EnqueueAsync(body), payload);

    /// <summary>
    /// Tasks that each enqueue a message, receive one, whosever, and acknowledge it. The latency is
    /// from the call that enqueued a message to its delivery.
    /// </summary>
    internal static async Task<Window> CycleAsync(
        CompareOptions options, IBenchQueue queue, int payload, int workers)
    {
        LatencyHistogram latency = new();
        Window window = await RunAsync(options, workers, async body =>
        {
            byte[] message = body.ToArray();
            BinaryPrimitives.WriteInt64LittleEndian(message, Stopwatch.GetTimestamp());
            await queue.EnqueueAsync(message).ConfigureAwait(false);
            (ReadOnlyMemory<byte> received, object receipt) =
                await queue.ReceiveAsync().ConfigureAwait(false);
            latency.Record(Stopwatch.GetTimestamp()
                - BinaryPrimitives.ReadInt64LittleEndian(received.Span));
            await queue.AcknowledgeAsync(receipt).ConfigureAwait(false);
        }, payload);
        return window with
        {
            P50 = latency.Microseconds(0.50),
            P99 = latency.Microseconds(0.99),
            P999 = latency.Microseconds(0.999),
        };
    }

    /// <summary>
    /// Fills with messages and drains, again and again: disk use must stay where it is, and
    /// little may be written besides what was enqueued.
    /// </summary>
    internal static async Task<Window> DrainAsync(
        CompareOptions options, IBenchQueue queue, int payload, string directory)
    {
        byte[] body = Appenders.Payload(7, Math.Max(payload, sizeof(long)));
        long written = ProcessIo.BytesWritten();
        long started = Stopwatch.GetTimestamp();
        long done = 0;
        List<long> sizes = [];
        while (Stopwatch.GetElapsedTime(started) < options.Length)
        {
            await EachAsync(options.Messages, async () => await queue.EnqueueAsync(body).ConfigureAwait(false));
            await EachAsync(options.Messages, async () =>
            {
                (_, object receipt) = await queue.ReceiveAsync().ConfigureAwait(false);
                await queue.AcknowledgeAsync(receipt).ConfigureAwait(false);
            });
            done += options.Messages;
            sizes.Add(ProcessIo.BytesIn(directory));
        }

        TimeSpan elapsed = Stopwatch.GetElapsedTime(started);
        double amplification =
            (double)(ProcessIo.BytesWritten() - written) / (done * body.Length);
        string relocated = queue is LogEngineBenchQueue ours
            ? $", {ours.Engine.Statistics.RelocatedBytes >> 20} MiB rewritten by compaction"
            : string.Empty;
        return new Window(done, elapsed)
        {
            WriteAmplification = amplification,
            Note = $"disk {string.Join(" ", Some(sizes).Select(size => $"{size >> 20}"))} MiB"
                + $" after rounds{relocated}",
        };
    }

    private static IEnumerable<long> Some(List<long> sizes) => sizes.Where(
        (_, i) => i % Math.Max(1, sizes.Count / 8) == 0 || i == sizes.Count - 1);

    private static async Task EachAsync(long messages, Func<Task> one)
    {
        long left = messages;
        await Task.WhenAll(Enumerable.Range(0, DrainTasks).Select(_ => Task.Run(async () =>
        {
            while (Interlocked.Decrement(ref left) >= 0)
            {
                await one().ConfigureAwait(false);
            }
        })));
    }

    internal static async Task<Window> RunAsync(
        CompareOptions options,
        int workers,
        Func<ReadOnlyMemory<byte>, ValueTask> operation,
        int payload)
    {
        Load load = new(workers);
        Task[] tasks = new Task[workers];
        for (int i = 0; i < workers; i++)
        {
            int worker = i;
            byte[] body = Appenders.Payload(worker, Math.Max(payload, sizeof(long)));
            tasks[i] = Task.Run(async () =>
            {
                while (!load.Stopped)
                {
                    long started = load.Begin(worker);
                    await operation(body).ConfigureAwait(false);
                    load.End(worker, started);
                }
            });
        }

        Window window = load.MeasureAfter(options.WarmUp, options.Length);
        await Appenders.StopAsync(load, Task.WhenAll(tasks));
        return window;
    }
}
