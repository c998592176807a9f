using System.Globalization;

namespace LogEngine.PostgreSqlTests;

/// <summary>
/// What other processes do: this program, started with a word that says what. One line for each thing that was done.
/// </summary>
internal static class Worker
{
    internal static async Task<int> Main(string[] arguments)
    {
        Orphan.EndWithParent();
        PostgreSqlEngineOptions options = new()
        {
            ConnectionString = arguments[1],
            Schema = arguments[2],
            MaxReadConnections = 4,
            PollInterval = TimeSpan.FromMilliseconds(200),
        };
        switch (arguments[0])
        {
            case "clock":
                await using (PostgreSqlEngine other = await PostgreSqlEngine.OpenAsync(options))
                {
                    await ClockScript.RunAsync(options, other);
                }

                Say($"clock {DateTimeOffset.UtcNow:O}");
                return 0;
            case "send":
                await SendAsync(options, arguments[3], CountOf(arguments[4]));
                return 0;
            case "receive":
                await ReceiveAsync(options, CountOf(arguments[3]));
                return 0;
            default:
                return 1;
        }
    }

    private static async Task SendAsync(PostgreSqlEngineOptions options, string name, int messages)
    {
        await using PostgreSqlEngine engine = await PostgreSqlEngine.OpenAsync(options);
        DurableQueue queue = await engine.OpenQueueAsync("jobs");
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async task =>
        {
            for (int i = task; i < messages; i += 8)
            {
                await queue.EnqueueAsync(new QueueMessage(Text.Bytes($"{name}-{i}")));
                Say($"sent {name}-{i}");
            }
        }));
        Say("end");
    }

    /// <summary>Each effect is one commit with its acknowledgement; ends when its input ends.</summary>
    private static async Task ReceiveAsync(PostgreSqlEngineOptions options, int consumers)
    {
        await using PostgreSqlEngine engine = await PostgreSqlEngine.OpenAsync(options);
        DurableQueue queue = await engine.OpenQueueAsync("jobs");
        Keyspace effects = engine.GetKeyspace("effects");
        using CancellationTokenSource done = new();
        Task consuming = Task.WhenAll(Enumerable.Range(0, consumers).Select(async consumer =>
        {
            while (!done.IsCancellationRequested)
            {
                if (await queue.ReceiveAsync(TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(5)) is { } delivery)
                {
                    await TakeAsync(engine, effects, delivery, consumer);
                }
            }
        }));
        while (await Console.In.ReadLineAsync() is not null)
        {
            // It says nothing.
        }

        await done.CancelAsync();
        await consuming;
        Say("end");
    }

    /// <summary>The effect is a key of its own for each time that it happens.</summary>
    private static async Task TakeAsync(
        StorageEngine engine, Keyspace effects, QueueDelivery delivery, int consumer)
    {
        string body = Text.Of(delivery.Body);
        WriteBatch batch = engine.CreateBatch();
        batch.Put(effects, Text.Bytes($"{body} {Guid.NewGuid()}"), Text.Bytes("x"));
        delivery.Acknowledge(batch);
        try
        {
            await engine.CommitAsync(batch);
            Say($"done {consumer} {body}");
        }
        catch (LeaseLostException)
        {
            // It took too long; it is another one's.
        }
    }

    private static int CountOf(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private static void Say(string line)
    {
        lock (Console.Out)
        {
            Console.Out.WriteLine(line);
            Console.Out.Flush();
        }
    }
}
