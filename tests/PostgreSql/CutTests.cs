using System.Globalization;

namespace LogEngine.PostgreSqlTests;

/// <summary>
/// The connection is cut at each kind of write, before the server has it and before its answer comes back: it is written once,
/// and the caller is told what became of it, as if nothing had happened.
/// </summary>
public sealed class CutTests(OneServer fixture) : IClassFixture<OneServer>
{
    private const string Mark = "cut-here";

    public static TheoryData<string> Cuts => [.. Enum.GetNames<Cut>()];

    [SkippableTheory]
    [MemberData(nameof(Cuts))]
    public async Task A_put_and_a_delete_are_done_once(string cut)
    {
        await using Scene scene = await Scene.OpenAsync(fixture, cut);
        Keyspace keys = scene.Engine.GetKeyspace("keys");
        scene.Arm();
        long version = await keys.PutAsync(Mark, "value");
        Assert.Equal(1, scene.Cuts);
        Assert.Equal(version, (await keys.GetInfoAsync(Text.Bytes(Mark)))!.Value.Version);
        scene.Arm();
        await keys.DeleteAsync(Mark);
        Assert.Equal(2, scene.Cuts);
        Assert.False(await keys.ContainsAsync(Mark));
    }

    [SkippableTheory]
    [MemberData(nameof(Cuts))]
    public async Task A_judged_write_says_what_it_said(string cut)
    {
        await using Scene scene = await Scene.OpenAsync(fixture, cut);
        Keyspace keys = scene.Engine.GetKeyspace("keys");
        byte[] key = Text.Bytes(Mark);
        scene.Arm();
        ConditionalResult first = await keys.PutIfAbsentAsync(key, Text.Bytes("1"));
        Assert.True(first.Applied);
        scene.Arm();
        Assert.Equal(
            new ConditionalResult(false, first.Version),
            await keys.PutIfAbsentAsync(key, Text.Bytes("2")));
        scene.Arm();
        ConditionalResult second = await keys.CompareAndSetAsync(key, Text.Bytes("3"), first.Version);
        Assert.True(second.Applied);
        scene.Arm();
        Assert.True(await keys.TouchAsync(key, DateTimeOffset.UtcNow.AddHours(1)));
        scene.Arm();
        Assert.Equal(new ConditionalResult(true, second.Version), await keys.TryDeleteAsync(key));
        Assert.Equal(5, scene.Cuts);
    }

    [SkippableTheory]
    [MemberData(nameof(Cuts))]
    public async Task A_message_is_enqueued_once_and_has_the_id_that_was_told(string cut)
    {
        await using Scene scene = await Scene.OpenAsync(fixture, cut);
        DurableQueue queue = await scene.Engine.OpenQueueAsync("jobs");
        scene.Arm();
        EnqueueResult sent = await queue.EnqueueAsync(new QueueMessage(Text.Bytes(Mark)));
        scene.Arm();
        EnqueueResult unique = await queue.EnqueueAsync(
            new QueueMessage(Text.Bytes(Mark)) { DeduplicationId = "once" });
        scene.Arm();
        Assert.Equal(
            new EnqueueResult(unique.Id, EnqueueOutcome.Duplicate),
            await queue.EnqueueAsync(
                new QueueMessage(Text.Bytes(Mark)) { DeduplicationId = "once" }));
        Assert.Equal(3, scene.Cuts);
        Assert.Equal(
            [sent.Id, unique.Id], (await queue.ReceiveManyAsync(10)).Select(d => d.Id).Order());
    }

    [SkippableTheory]
    [MemberData(nameof(Cuts))]
    public async Task A_batch_that_deletes_messages_says_what_became_of_each(string cut)
    {
        await using Scene scene = await Scene.OpenAsync(fixture, cut);
        DurableQueue queue = await scene.Engine.OpenQueueAsync("jobs");
        long there = (await queue.EnqueueAsync(new QueueMessage(Text.Bytes("a")) { GroupId = "g" })).Id;
        long behind = (await queue.EnqueueAsync(new QueueMessage(Text.Bytes("b")) { GroupId = "g" })).Id;
        PendingValue<long>? instead = null;
        for (int i = 0; i < 2; i++)
        {
            WriteBatch batch = scene.Engine.CreateBatch();
            PendingValue<MessageDeletion> first = queue.DeleteMessage(batch, i == 0 ? there : behind);
            PendingValue<MessageDeletion> second = queue.DeleteMessage(batch, there);
            batch.Put(scene.Engine.GetKeyspace("keys"), Mark, "1");
            if (i > 0)
            {
                instead = queue.Enqueue(batch, new QueueMessage(Text.Bytes("instead")) { GroupId = "g" });
            }

            scene.Arm();
            await scene.Engine.CommitAsync(batch);
            Assert.Equal(i + 1, scene.Cuts);
            Assert.Equal(
                (MessageDeletion.Deleted, MessageDeletion.NotFound), (first.Value, second.Value));
        }

        QueueDelivery left = Assert.Single(await queue.ReceiveManyAsync(10));
        Assert.Equal((instead!.Value, "instead"), (left.Id, Text.Of(left.Body)));
    }

    [SkippableTheory]
    [MemberData(nameof(Cuts))]
    public async Task A_key_with_its_version_is_written_once_and_the_version_is_told(string cut)
    {
        await using Scene scene = await Scene.OpenAsync(fixture, cut);
        Keyspace feed = scene.Engine.GetKeyspace("feed");
        DurableQueue queue = await scene.Engine.OpenQueueAsync("jobs");
        List<long> versions = [];
        for (int i = 0; i < 2; i++)
        {
            WriteBatch batch = scene.Engine.CreateBatch();
            PendingValue<long> version = batch.PutSequenced(feed, [], Text.Bytes(Mark));
            if (i > 0)
            {
                queue.Enqueue(batch, new QueueMessage(Text.Bytes("with it")));
            }

            scene.Arm();
            await scene.Engine.CommitAsync(batch);
            Assert.Equal(i + 1, scene.Cuts);
            versions.Add(version.Value);
        }

        List<KeyValueEntry> all = await feed.Scan().ReadAllAsync().ToListAsync();
        Assert.Equal(versions, all.Select(entry => entry.Info.Version));
        Assert.Equal(versions.Order(), versions);
        Assert.Single(await queue.ReceiveManyAsync(10));
    }

    // A retry of a claim whose answer was lost once delivered a message twice.
    [SkippableTheory]
    [MemberData(nameof(Cuts))]
    public async Task What_a_lost_claim_has_leased_is_delivered_once_under_another_lease(string cut)
    {
        // The reason that goes with each claim names the number of deliveries.
        await using Scene scene = await Scene.OpenAsync(fixture, cut, "its lease ended 7 times");
        DurableQueue queue = await scene.Engine.OpenQueueAsync(
            "jobs", new QueueOptions { MaxDeliveries = 7 });
        for (int i = 0; i < 20; i++)
        {
            await queue.EnqueueAsync(new QueueMessage(Text.Bytes($"{i}")));
        }

        List<QueueDelivery> received = [];
        while (received.Count < 20)
        {
            scene.Arm();
            received.AddRange(await queue.ReceiveManyAsync(4, TimeSpan.FromSeconds(20)));
        }

        Assert.True(scene.Cuts >= 5, $"{scene.Cuts} cuts");
        Assert.Equal(20, received.Select(d => d.Id).Distinct().Count());
        Assert.All(received, d => Assert.Equal(1, d.DeliveryCount));
        Assert.Equal(20, received.Select(d => d.Lease).Distinct().Count());
        foreach (QueueDelivery delivery in received)
        {
            await delivery.AcknowledgeAsync();
        }

        QueueStatistics left = await queue.GetStatisticsAsync();
        Assert.Equal((0L, 0L), (left.Ready, left.Leased));
    }

    [SkippableTheory]
    [MemberData(nameof(Cuts))]
    public async Task An_acknowledgement_with_its_effects_is_one_commit(string cut)
    {
        await using Scene scene = await Scene.OpenAsync(fixture, cut);
        DurableQueue queue = await scene.Engine.OpenQueueAsync("jobs");
        Keyspace keys = scene.Engine.GetKeyspace("keys");
        await queue.EnqueueAsync(new QueueMessage(Text.Bytes("first")));
        QueueDelivery delivery = (await queue.TryReceiveAsync())!;
        WriteBatch batch = scene.Engine.CreateBatch();
        batch.Put(keys, Text.Bytes(Mark), Text.Bytes("done"));
        delivery.Acknowledge(batch);
        PendingValue<long> id = queue.Enqueue(batch, new QueueMessage(Text.Bytes("next")));
        scene.Arm();
        Assert.True((await scene.Engine.TryCommitAsync(batch)).Applied);
        Assert.Equal(1, scene.Cuts);
        Assert.True(await keys.ContainsAsync(Mark));
        QueueDelivery next = Assert.Single(await queue.ReceiveManyAsync(10));
        Assert.Equal((id.Value, "next"), (next.Id, Text.Of(next.Body)));
        await Assert.ThrowsAsync<LeaseLostException>(
            async () => await queue.AcknowledgeAsync(delivery.Lease));
    }

    /// <summary>
    /// Effect and acknowledgement are one batch, while any connection may end at any moment: each message has its effect once.
    /// </summary>
    [SkippableFact]
    public async Task Each_effect_happens_once_while_connections_are_ended_at_random()
    {
        const int Messages = 400;
        PostgreSqlEngineOptions options = fixture.Options();
        await using PostgreSqlEngine one = await PostgreSqlEngine.OpenAsync(options);
        await using PostgreSqlEngine two = await PostgreSqlEngine.OpenAsync(options);
        using CancellationTokenSource done = new();
        Task killing = EndConnectionsAsync(done.Token);
        DurableQueue[] queues =
            [await one.OpenQueueAsync("jobs"), await two.OpenQueueAsync("jobs")];
        Task producing = Parallel.ForAsync(0, Messages, async (i, token) =>
        {
            EnqueueResult sent = await queues[i % 2].EnqueueAsync(
                new QueueMessage(Text.Bytes($"{i}")), cancellationToken: token);
            Assert.Equal(EnqueueOutcome.Enqueued, sent.Outcome);
        });
        int effects = 0;
        Task[] consuming = [.. Enumerable.Range(0, 8).Select(consumer => Task.Run(async () =>
        {
            DurableQueue queue = queues[consumer % 2];
            while (Volatile.Read(ref effects) < Messages)
            {
                foreach (QueueDelivery delivery in await queue.ReceiveManyAsync(
                    4, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5)))
                {
                    if (await ApplyAsync(queue, delivery, consumer))
                    {
                        Interlocked.Increment(ref effects);
                    }
                }
            }
        }))];
        await Task.WhenAll([producing, .. consuming]).WaitAsync(TimeSpan.FromMinutes(2));
        await done.CancelAsync();
        await killing;
        List<string> keys = [];
        await foreach (KeyValueEntry entry in one.GetKeyspace("effects").Scan().ReadAllAsync())
        {
            keys.Add(entry.KeyText.Split('/')[0]);
        }

        Assert.Equal(Messages, keys.Count);
        Assert.Equal(Messages, keys.Distinct().Count());
        QueueStatistics left = await queues[0].GetStatisticsAsync();
        Assert.Equal((0L, 0L, 0L), (left.Ready, left.Leased, left.Dead));
    }

    private static async Task<bool> ApplyAsync(DurableQueue queue, QueueDelivery delivery, int consumer)
    {
        WriteBatch batch = queue.Engine.CreateBatch();
        batch.Put(
            queue.Engine.GetKeyspace("effects"),
            Text.Bytes($"{Text.Of(delivery.Body)}/{consumer}-{delivery.Lease}"),
            Text.Bytes("done"));
        delivery.Acknowledge(batch);
        try
        {
            await queue.Engine.CommitAsync(batch);
            return true;
        }
        catch (LeaseLostException)
        {
            return false;
        }
    }

    private async Task EndConnectionsAsync(CancellationToken done)
    {
        Random random = new(1);
        while (!done.IsCancellationRequested)
        {
            await fixture.Server.ExecuteAsync(string.Create(
                CultureInfo.InvariantCulture,
                $"select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'LogEngine' and random() < 0.3"));
            await Task.Delay(random.Next(20, 120), CancellationToken.None);
        }
    }

    /// <summary>An engine behind a proxy.</summary>
    private sealed class Scene : IAsyncDisposable
    {
        private readonly CuttingProxy _proxy;
        private readonly Cut _cut;

        private Scene(CuttingProxy proxy, Cut cut, PostgreSqlEngine engine)
        {
            _proxy = proxy;
            _cut = cut;
            Engine = engine;
        }

        internal PostgreSqlEngine Engine { get; }

        internal int Cuts => _proxy.Cuts;

        internal static async Task<Scene> OpenAsync(OneServer fixture, string cut, string mark = Mark)
        {
            CuttingProxy proxy = new(fixture.Server.Port, mark);
            PostgreSqlEngineOptions options = fixture.Options();
            return new Scene(
                proxy,
                Enum.Parse<Cut>(cut),
                await PostgreSqlEngine.OpenAsync(options with
                {
                    ConnectionString = options.ConnectionString.Replace(
                        $"Port={fixture.Server.Port}", $"Port={proxy.Port}", StringComparison.Ordinal),
                }));
        }

        internal void Arm() => _proxy.Arm(_cut);

        public async ValueTask DisposeAsync()
        {
            await Engine.DisposeAsync();
            await _proxy.DisposeAsync();
        }
    }
}
