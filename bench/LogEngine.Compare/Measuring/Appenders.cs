using LogEngine.Compare.Engines;

namespace LogEngine.Compare.Measuring;

/// <summary>Appenders that each wait for one append before they make the next.</summary>
internal static class Appenders
{
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(60);

    /// <summary>Starts asynchronous tasks on the thread pool.</summary>
    internal static Task StartTasks(IBenchLog log, Load load, int appenders, int payloadBytes)
    {
        Task[] tasks = new Task[appenders];
        for (int i = 0; i < appenders; i++)
        {
            int worker = i;
            byte[] payload = Payload(worker, payloadBytes);
            tasks[i] = Task.Run(() => AppendUntilStopped(log, load, worker, payload));
        }

        return Task.WhenAll(tasks);
    }

    /// <summary>Starts threads that block in each append.</summary>
    internal static Task StartThreads(IBenchLog log, Load load, int appenders, int payloadBytes)
    {
        Task[] tasks = new Task[appenders];
        for (int i = 0; i < appenders; i++)
        {
            int worker = i;
            byte[] payload = Payload(worker, payloadBytes);
            tasks[i] = Task.Factory.StartNew(
                () => BlockUntilStopped(log, load, worker, payload),
                CancellationToken.None,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default);
        }

        return Task.WhenAll(tasks);
    }

    /// <summary>Stops a load and waits for its workers, not for ever.</summary>
    internal static async Task StopAsync(Load load, Task workers)
    {
        load.Stop();
        await workers.WaitAsync(StopTimeout);
    }

    /// <summary>Bytes of an appender's own, none of them zero.</summary>
    internal static byte[] Payload(int seed, int length)
    {
        byte[] payload = new byte[length];
        new Random(seed).NextBytes(payload);
        payload.AsSpan().Replace((byte)0, (byte)1);
        return payload;
    }

    private static async Task AppendUntilStopped(
        IBenchLog log, Load load, int worker, ReadOnlyMemory<byte> payload)
    {
        while (!load.Stopped)
        {
            long started = load.Begin(worker);
            await log.AppendAsync(payload).ConfigureAwait(false);
            load.End(worker, started);
        }
    }

    private static void BlockUntilStopped(IBenchLog log, Load load, int worker, byte[] payload)
    {
        while (!load.Stopped)
        {
            long started = load.Begin(worker);
            log.Append(payload);
            load.End(worker, started);
        }
    }
}
