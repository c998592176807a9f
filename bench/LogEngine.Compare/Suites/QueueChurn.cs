using System.Diagnostics;
using LogEngine.Compare.Measuring;
using LogEngine.Compare.Queues;
using LogEngine.Compare.Storage;

namespace LogEngine.Compare.Suites;

/// <summary>
/// A queue that is filled and drained at a steady rate for a long time: what that takes on disk, and
/// what it writes.
/// </summary>
internal static class QueueChurn
{
    private const int Tasks = 64;
    private const long MessagesPerSecond = 10_000;

    private static readonly TimeSpan SampleEvery = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LongestSettling = TimeSpan.FromSeconds(60);

    internal static async Task<Window> MeasureAsync(
        CompareOptions options, LogEngineBenchQueue queue, int payload, string directory)
    {
        byte[] body = Appenders.Payload(7, Math.Max(payload, sizeof(long)));
        long written = ProcessIo.BytesWritten();
        EmbeddedStatistics before = queue.Engine.Statistics;
        long started = Stopwatch.GetTimestamp();
        long done = 0;
        string halves;
        IReadOnlyList<Reporting.SpaceSample> space;
        await using (DiskSamples samples = new(directory, SampleEvery))
        {
            while (Stopwatch.GetElapsedTime(started) < options.Length)
            {
                await PacedAsync(options, () => queue.EnqueueAsync(body));
                await PacedAsync(options, async () =>
                {
                    (_, object receipt) = await queue.ReceiveAsync().ConfigureAwait(false);
                    await queue.AcknowledgeAsync(receipt).ConfigureAwait(false);
                });
                done += options.Messages;
            }

            halves = samples.Halves();
            space = samples.OverTime;
        }

        TimeSpan elapsed = Stopwatch.GetElapsedTime(started);
        EmbeddedStatistics after = queue.Engine.Statistics;
        written = ProcessIo.BytesWritten() - written;
        TimeSpan settling = await DiskSamples.UntilAtRestAsync(directory, LongestSettling);
        long moved = after.RelocatedBytes - before.RelocatedBytes;
        long logged = after.Log.PayloadBytes - before.Log.PayloadBytes - moved;
        return new Window(done, elapsed)
        {
            WriteAmplification = (double)written / logged,
            SpaceOverTime = space,
            Note = $"{halves}, at rest {ProcessIo.DiskBytesIn(directory) >> 20} MiB after "
                + $"{settling.TotalSeconds:N0} s; {logged >> 20} MiB logged for messages, "
                + $"deliveries and acknowledgements, {moved >> 10} KiB rewritten, commits wrote "
                + $"{(after.Log.BytesWritten - before.Log.BytesWritten) >> 20} MiB, the device was "
                + $"given {written >> 20} MiB",
        };
    }

    /// <summary>So many messages, no faster than the rate that is asked for.</summary>
    private static async Task PacedAsync(CompareOptions options, Func<ValueTask> one)
    {
        long started = Stopwatch.GetTimestamp();
        long begun = 0;
        await Task.WhenAll(Enumerable.Range(0, Tasks).Select(_ => Task.Run(async () =>
        {
            while (Interlocked.Increment(ref begun) is long number && number <= options.Messages)
            {
                TimeSpan early = TimeSpan.FromSeconds((double)number / (options.Rate ?? MessagesPerSecond))
                    - Stopwatch.GetElapsedTime(started);
                if (early > TimeSpan.FromMilliseconds(5))
                {
                    await Task.Delay(early).ConfigureAwait(false);
                }

                await one().ConfigureAwait(false);
            }
        })));
    }
}
