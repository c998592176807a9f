using LogEngine.Stores.Queues;
using LogEngine.Stores.Topics;
using LogEngine.Testing;

namespace LogEngine.CrashSim.Queue;

/// <summary>
/// The disk fills just before one call on a queue or a topic, and is freed afterwards: the call is done
/// or refused as a whole, and once there is space it is done.
/// </summary>
internal static class FullDiskCalls
{
    private static readonly TopicOptions _topicOptions = new() { TrimStep = 1 };

    internal static IReadOnlyDictionary<string, Func<Stage, Task>> Calls { get; } =
        new Dictionary<string, Func<Stage, Task>>
        {
            ["enqueue"] = async s => await s.Queue.EnqueueAsync(Stage.Message("new")),
            ["enqueue many"] = async s => await s.Queue.EnqueueManyAsync(
                [Stage.Message("new"), Stage.Message("new 2")]),
            ["enqueue once"] = async s => await s.Queue.EnqueueAsync(
                Stage.Message("new") with { DeduplicationId = "once" }),
            ["enqueue in a batch"] = s =>
            {
                WriteBatch batch = s.Engine.CreateBatch();
                s.Queue.Enqueue(batch, Stage.Message("new"));
                return s.Engine.CommitAsync(batch).AsTask();
            },
            ["receive"] = async s => Stage.Keep(await s.Queue.TryReceiveAsync()),
            ["receive many"] = async s =>
            {
                foreach (QueueDelivery delivery in await s.Queue.ReceiveManyAsync(10))
                {
                    Stage.Keep(delivery);
                }
            },
            ["acknowledge"] = s => s.Held.AcknowledgeAsync().AsTask(),
            ["acknowledge in a batch"] = s =>
            {
                WriteBatch batch = s.Engine.CreateBatch();
                s.Held.Acknowledge(batch);
                s.Queue.Enqueue(batch, Stage.Message("new"));
                return s.Engine.CommitAsync(batch).AsTask();
            },
            ["refuse"] = s => s.Held.NegativeAcknowledgeAsync().AsTask(),
            ["refuse with a delay"] = s =>
                s.Held.NegativeAcknowledgeAsync(TimeSpan.FromMinutes(1)).AsTask(),
            ["dead-letter"] = s => s.Held.DeadLetterAsync("no").AsTask(),
            ["receive what has been delivered too often"] = async s =>
            {
                Stage.Keep(await s.Spent.TryReceiveAsync());
                if (s.Spent.Statistics.Dead == 0)
                {
                    throw new StorageFullException("queue", "set aside");
                }
            },
            ["replay"] = s => s.Queue.DeadLetters.ReplayAsync(s.DeadId).AsTask(),
            ["discard"] = s => s.Queue.DeadLetters.DiscardAsync(s.DeadId).AsTask(),
            ["purge"] = s => s.Queue.PurgeAsync().AsTask(),
            ["append"] = s => s.Topic.AppendAsync(new byte[3000]).AsTask(),
            ["append many"] = s => s.Topic.AppendManyAsync([new byte[3000], new byte[3000]]).AsTask(),
            ["commit a cursor"] = s => s.Group.CommitAsync(5).AsTask(),
            ["reset a cursor"] = s => s.Group.ResetAsync(2).AsTask(),
            ["make a group"] = s => s.Topic.GetGroupAsync("new").AsTask(),
            ["delete a group"] = s => s.Topic.DeleteGroupAsync("g").AsTask(),
            ["trim"] = s => s.Topic.TrimAsync().AsTask(),
        };

    /// <summary>What is wrong; null where nothing is.</summary>
    internal static string? Run(int seed, string call, out bool wasRefused)
    {
        SimulatedDisk disk = new(seed) { CapacityBytes = (600 + (seed % 20 * 12)) << 10 };
        EmbeddedEngine engine = disk.OpenEngine("/store");
        string? violation = null;
        bool refused = false;
        disk.Run(async () =>
        {
            Stage stage = await Stage.OpenAsync(engine, disk);
            (violation, refused) = await RunAsync(stage, disk, Calls[call]);
        });
        wasRefused = refused;
        if (violation is null)
        {
            // Whatever happened, what is there can be opened and read after a power loss.
            SimulatedDisk crashed = disk.Crash(seed);
            crashed.CapacityBytes = 1L << 40;
            EmbeddedEngine recovered = crashed.OpenEngine("/store");
            crashed.Run(async () => violation = await Stage.CheckAsync(recovered));
        }

        return violation is null ? null : $"{call}, seed {seed}: {violation}";
    }

    private static async Task<(string? Violation, bool Refused)> RunAsync(
        Stage stage, SimulatedDisk disk, Func<Stage, Task> call)
    {
        await stage.FillDiskAsync();
        long before = stage.Messages;
        bool refused = false;
        try
        {
            await call(stage);
        }
        catch (StorageFullException)
        {
            refused = true;
            if (stage.Messages != before)
            {
                return ($"refused, and there are {stage.Messages} messages, not {before}", true);
            }
        }

        disk.CapacityBytes = 1L << 40;
        for (int attempt = 0; refused && attempt < 30; attempt++)
        {
            // Leases of what was held go on, and what was set aside comes back.
            await Task.Delay(TimeSpan.FromSeconds(1), disk.TimeProvider);
            try
            {
                await call(stage);
                return (null, true);
            }
            catch (StorageFullException)
            {
                // The engine looks now and then whether there is space.
            }
        }

        return (refused ? "refused for ever" : null, refused);
    }

    /// <summary>A queue and a topic with something of everything in them.</summary>
    internal sealed class Stage
    {
        private Stage(EmbeddedEngine engine) => Engine = engine;

        internal EmbeddedEngine Engine { get; }

        internal DurableQueue Queue { get; private set; } = null!;

        /// <summary>A queue whose message has no deliveries left.</summary>
        internal DurableQueue Spent { get; private set; } = null!;

        internal Topic Topic { get; private set; } = null!;

        internal ConsumerGroup Group { get; private set; } = null!;

        internal QueueDelivery Held { get; private set; } = null!;

        internal long DeadId { get; private set; }

        /// <summary>Messages of the queue, wherever they are.</summary>
        internal long Messages => Queue.Statistics is { } s ? s.Ready + s.Scheduled + s.Leased + s.Dead : 0;

        internal static QueueMessage Message(string body) =>
            new(new byte[3000]) { Headers = new Dictionary<string, string> { ["body"] = body } };

        internal static async Task<Stage> OpenAsync(EmbeddedEngine engine, SimulatedDisk disk)
        {
            Stage stage = new(engine)
            {
                Queue = await engine.OpenQueueAsync(
                    "q", new QueueOptions { LeaseDuration = TimeSpan.FromHours(1) }),
                Spent = await engine.OpenQueueAsync(
                    "spent",
                    new QueueOptions { MaxDeliveries = 1, LeaseDuration = TimeSpan.FromSeconds(1) }),
                Topic = Topic.Open(engine, "t", _topicOptions),
            };
            for (int i = 0; i < 5; i++)
            {
                await stage.Queue.EnqueueAsync(Message($"{i}"));
                await stage.Topic.AppendAsync(new byte[300]);
            }

            QueueDelivery dead = (await stage.Queue.TryReceiveAsync())!;
            stage.DeadId = dead.Id;
            await dead.DeadLetterAsync("dead");
            stage.Held = (await stage.Queue.TryReceiveAsync())!;
            await stage.Spent.EnqueueAsync(Message("spent"));
            await stage.Spent.TryReceiveAsync();
            await Task.Delay(TimeSpan.FromSeconds(2), disk.TimeProvider);
            stage.Group = await stage.Topic.GetGroupAsync("g");
            await stage.Group.ReadAsync(5);
            return stage;
        }

        internal static void Keep(QueueDelivery? delivery) => Assert.True(delivery is null || delivery.Id > 0);

        /// <summary>Fills the disk until puts are refused.</summary>
        internal async Task FillDiskAsync()
        {
            EmbeddedKeyspace filler = Engine.GetKeyspace("filler");
            byte[] value = new byte[3000];
            for (int refused = 0, i = 0; refused < 3 && i < 10_000; i++)
            {
                try
                {
                    await filler.PutAsync(BitConverter.GetBytes(i), value);
                }
                catch (StorageFullException)
                {
                    refused++;
                }
            }
        }

        internal static async Task<string?> CheckAsync(EmbeddedEngine engine)
        {
            DurableQueue queue = await engine.OpenQueueAsync("q");
            Topic topic = Topic.Open(engine, "t", _topicOptions);
            long ready = queue.Statistics.Ready + queue.Statistics.Scheduled;
            long found = 0;
            while (await queue.ReceiveManyAsync(20) is { Count: > 0 } some)
            {
                found += some.Count;
            }

            if (found + queue.Statistics.Scheduled != ready)
            {
                return $"of {ready} messages {found} are found";
            }

            await queue.EnqueueAsync(Message("after"));
            await topic.AppendAsync(new byte[1]);
            ConsumerGroup group = await topic.GetGroupAsync("after");
            TopicRead read = await group.ReadAsync(100);
            await engine.CloseAsync();
            return read.Records.Count > 0 ? null : "nothing is found in the topic";
        }
    }
}
