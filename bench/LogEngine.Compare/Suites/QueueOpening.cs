using System.Diagnostics;
using LogEngine.Compare.Measuring;
using LogEngine.Compare.Queues;
using LogEngine.Stores.Queues;

namespace LogEngine.Compare.Suites;

/// <summary>Opens an engine and a queue in which millions of messages wait, up to the first body.</summary>
internal static class QueueOpening
{
    private const int Batch = 10_000;

    internal static async Task<Window> MeasureAsync(
        CompareOptions options, string directory, int payload)
    {
        long messages = options.Keys[0];
        byte[] body = Appenders.Payload(7, payload);
        await using (LogEngineBenchQueue filling =
            await LogEngineBenchQueue.OpenAsync(directory, options))
        {
            QueueMessage[] batch = [.. Enumerable.Repeat(new QueueMessage(body), Batch)];
            for (long sent = 0; sent < messages; sent += Batch)
            {
                await filling.Queue.EnqueueManyAsync(batch, Durability.ProcessCrash);
            }
        }

        GC.Collect();
        long managed = GC.GetTotalMemory(forceFullCollection: true);
        long started = Stopwatch.GetTimestamp();
        await using LogEngineBenchQueue opened =
            await LogEngineBenchQueue.OpenAsync(directory, options);
        TimeSpan open = Stopwatch.GetElapsedTime(started);
        await opened.ReceiveAsync();
        TimeSpan first = Stopwatch.GetElapsedTime(started);
        long waiting = (await opened.Queue.GetStatisticsAsync()).Ready + 1;
        if (waiting < messages)
        {
            throw new InvalidOperationException($"{waiting} of {messages} messages are there");
        }

        managed = GC.GetTotalMemory(forceFullCollection: true) - managed;
        double native = (double)opened.Engine.Statistics.IndexBytes / waiting;
        return new Window(waiting, first)
        {
            OpenTime = open,
            Note = $"{native:N1} B native and {(double)managed / waiting:N2} B managed a message; "
                + $"first body after {first.TotalMilliseconds:N0} ms",
        };
    }
}
