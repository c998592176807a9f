using System.Runtime.InteropServices;
using LogEngine.Stores.Queues;

namespace LogEngine.Unit.Queue;

public sealed class DeliveryTests
{
    /// <summary>What is given back to a pool is overwritten in tests: a body must not be among it.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_body_is_the_deliverys_own_whatever_is_read_after_it(bool fromTheDisk)
    {
        await using QueueFixture fixture = await QueueFixture.OpenAsync();
        string[] bodies = [.. Enumerable.Range(0, 40).Select(i => new string((char)('A' + i), 200 + i))];
        foreach (string body in bodies)
        {
            await fixture.SendAsync(body);
        }

        if (fromTheDisk)
        {
            await fixture.ReopenAsync();
        }

        List<QueueDelivery> received = [.. await fixture.Queue.ReceiveManyAsync(20).Soon()];
        while (await fixture.Queue.TryReceiveAsync().Soon() is { } delivery)
        {
            received.Add(delivery);
        }

        foreach (QueueDelivery delivery in received)
        {
            await delivery.AcknowledgeAsync(Durability.ProcessCrash).Soon();
        }

        Assert.Equal(bodies, received.Select(delivery => QueueFixture.Text(delivery.Body)));
    }

    /// <summary>One copy from the cache, into an array of that length, of which the body is a part.</summary>
    [Fact]
    public async Task A_body_from_the_cache_is_a_part_of_an_array_of_the_messages_length()
    {
        await using QueueFixture fixture = await QueueFixture.OpenAsync();
        await fixture.SendAsync(new string('a', 1000));
        QueueDelivery delivery = await fixture.ReceiveAsync();
        Assert.True(MemoryMarshal.TryGetArray(delivery.Body, out ArraySegment<byte> body));
        Assert.Equal((12, 1000, 1012), (body.Offset, body.Count, body.Array!.Length));
    }

    [Fact]
    public async Task Messages_come_in_the_order_in_which_they_were_sent_also_after_reopening()
    {
        await using QueueFixture fixture = await QueueFixture.OpenAsync();
        string[] bodies = [.. Enumerable.Range(0, 3000).Select(i => $"{i}")];
        foreach (string[] some in bodies.Chunk(100))
        {
            await fixture.Queue.EnqueueManyAsync(
                [.. some.Select(QueueFixture.Message)], Durability.ProcessCrash).Soon();
        }

        List<string> first = [];
        for (int i = 0; i < 1500; i++)
        {
            QueueDelivery delivery = await fixture.ReceiveAsync();
            first.Add(QueueFixture.Text(delivery.Body));
            await delivery.AcknowledgeAsync(Durability.ProcessCrash).Soon();
        }

        await fixture.ReopenAsync();
        Assert.Equal(bodies, first.Concat(await fixture.DrainAsync()));
        Assert.Equal(0, fixture.Queue.Statistics.Ready);
        Assert.Equal(0, fixture.Queue.Statistics.Bytes);
    }

    [Fact]
    public async Task A_queue_is_dropped_only_when_closed_and_can_be_opened_again_after_closing()
    {
        await using QueueFixture fixture = await QueueFixture.OpenAsync();
        await Assert.ThrowsAsync<InvalidOperationException>(
            () => fixture.Engine.DropQueueAsync("work").Soon());
        await fixture.SendAsync("a");
        await fixture.Queue.DisposeAsync();
        await using DurableQueue again = await fixture.Engine.OpenQueueAsync("work");
        Assert.Equal(1, again.Statistics.Ready);
        Assert.Equal(["work"], fixture.Engine.ListQueues());
    }

    [Fact]
    public async Task Many_producers_and_consumers_lose_and_repeat_nothing()
    {
        await using QueueFixture fixture = await QueueFixture.OpenAsync();
        const int Each = 100;
        System.Collections.Concurrent.ConcurrentDictionary<string, int> seen = new();
        using CancellationTokenSource done = new();
        Task[] consumers =
        [
            .. Enumerable.Range(0, 16).Select(_ => Task.Run(async () =>
            {
                await foreach (QueueDelivery delivery in fixture.Queue.ReadAllAsync(
                    cancellationToken: done.Token))
                {
                    seen.AddOrUpdate(QueueFixture.Text(delivery.Body), 1, (_, n) => n + 1);
                    await delivery.AcknowledgeAsync();
                    if (seen.Count == 16 * Each)
                    {
                        await done.CancelAsync();
                    }
                }
            })),
        ];
        await Task.WhenAll(Enumerable.Range(0, 16).Select(producer => Task.Run(async () =>
        {
            for (int i = 0; i < Each; i++)
            {
                await fixture.Queue.EnqueueAsync(QueueFixture.Message($"{producer}/{i}"));
            }
        }))).Soon();
        foreach (Task consumer in consumers)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => consumer.Soon());
        }

        Assert.Equal(16 * Each, seen.Count);
        Assert.All(seen.Values, times => Assert.Equal(1, times));
    }
}
