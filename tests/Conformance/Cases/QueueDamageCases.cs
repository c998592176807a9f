using System.Text;
using LogEngine.Conformance.Backends;
using LogEngine.Stores.Queues;

namespace LogEngine.Conformance.Cases;

/// <summary>Damage to what a queue has stored: it harms what it hits and nothing else.</summary>
internal static class QueueDamageCases
{
    private const string Row = "damage";
    private const int BodyBytes = 300;

    // Case B1: one damaged body once stopped every receiver and processor for good.
    [Case(QueueWork.Store, Row)]
    internal static async Task A_damaged_body_dies_alone_and_says_why(StoreSession s)
    {
        await s.OpenQueueAsync();
        byte[][] bodies = await SendAsync(s, 20);
        await s.DamageAsync(bodies[5]);
        await s.OpenQueueAsync();
        IReadOnlyList<PeekedMessage> peeked = await s.Queue.PeekAsync(20);
        Assert.Equal(20, peeked.Count);
        Assert.Equal([peeked[5].Id], peeked.Where(p => p.Unreadable is not null).Select(p => p.Id));
        IReadOnlyList<QueueDelivery> received = await s.Queue.ReceiveManyAsync(32);
        Assert.Equal(
            bodies.Where((_, i) => i != 5), received.Select(d => d.Body.ToArray()));
        Assert.All(received, d => Assert.Equal(1, d.DeliveryCount));
        QueueStatistics statistics = s.Queue.Statistics;
        Assert.Equal(1, statistics.Unreadable);
        Assert.Equal(1, statistics.Dead);
        Assert.Equal(19, statistics.Leased);
        DeadLetter dead = Assert.Single(await s.DeadLettersAsync());
        Assert.Equal(peeked[5].Id, dead.Id);
        Assert.Equal(1, dead.DeliveryCount);
        Assert.NotNull(dead.Unreadable);
        Assert.Contains("cannot be read", dead.Reason, StringComparison.Ordinal);
        Assert.Contains(".seg", dead.Reason, StringComparison.Ordinal);

        // Its body is lost: it is listed, not replayed, and can be removed.
        await Assert.ThrowsAsync<UndecodableValueException>(
            async () => await s.Queue.DeadLetters.ReplayAsync(dead.Id));
        Assert.Equal(0, await s.Queue.DeadLetters.ReplayAllAsync());
        await s.RestartAsync();
        Assert.NotNull(Assert.Single(await s.DeadLettersAsync()).Unreadable);
        Assert.True(await s.Queue.DeadLetters.DiscardAsync(dead.Id));
        Assert.Empty(await s.DeadLettersAsync());
        Assert.Equal(19, s.Queue.Statistics.Ready);
    }

    // Case B1, each body in turn, received one by one and many at a time.
    [Case(QueueWork.Store, Row)]
    internal static async Task Each_damaged_body_in_turn_stops_none_of_the_others(StoreSession s)
    {
        await s.OpenQueueAsync();
        for (int damaged = 0; damaged < 6; damaged++)
        {
            byte[][] bodies = await SendAsync(s, 6, 100 * (damaged + 1));
            await s.DamageAsync(bodies[damaged]);
            await s.OpenQueueAsync();
            List<byte[]> found = [];
            while (await s.Queue.ReceiveManyAsync(damaged % 2 == 0 ? 1 : 4)
                is { Count: > 0 } received)
            {
                foreach (QueueDelivery delivery in received)
                {
                    found.Add(delivery.Body.ToArray());
                    await delivery.AcknowledgeAsync();
                }
            }

            Assert.Equal(bodies.Where((_, i) => i != damaged), found);
            Assert.Equal(damaged + 1, s.Queue.DeadLetters.Count);
            await s.RestartAsync();
        }
    }

    // Case B1, the kind: a count that opening cannot read.
    [Case(QueueWork.Store, Row)]
    internal static async Task A_damaged_count_begins_anew_and_the_queue_opens(StoreSession s)
    {
        await s.OpenQueueAsync();
        await SendAsync(s, 3);
        IReadOnlyList<QueueDelivery> first = await s.Queue.ReceiveManyAsync(3);
        await s.Engine.FlushAsync();

        // A count is 1 in four bytes, eight of zero, and the message's key.
        byte[] key = new byte[14];
        key[0] = 1;
        key[1] = (byte)QueueMessage.DefaultLane;
        System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(key.AsSpan(2), first[1].Id);
        await s.DamageAsync([1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, .. key.AsSpan(0, 10)]);
        await s.OpenQueueAsync();
        IReadOnlyList<QueueDelivery> again = await s.Queue.ReceiveManyAsync(3);
        Assert.Equal(first.Select(d => d.Id), again.Select(d => d.Id));
        Assert.Equal([2, 1, 2], again.Select(d => d.DeliveryCount));
    }

    // Case B1, the kind: the reservation of ids.
    [Case(QueueWork.Store, Row)]
    internal static async Task A_damaged_reservation_gives_no_id_twice(StoreSession s)
    {
        await s.OpenQueueAsync();
        await SendAsync(s, 3);
        QueueDelivery last = (await s.Queue.ReceiveManyAsync(3))[^1];
        await s.DamageAsync([.. "ids"u8, 0xFF, 0xFF, 0x0F, 0, 0, 0, 0, 0]);
        await s.OpenQueueAsync();
        long next = (await s.Queue.EnqueueAsync(QueueWork.Message("next"))).Id;
        Assert.True(next > last.Id + (1 << 20), $"{next}");
        Assert.Equal(4, (await s.Queue.ReceiveManyAsync(10)).Count);
    }

    // Case B1, the kind: a dead letter, and the memory of a deduplication id.
    [Case(QueueWork.Store, Row)]
    internal static async Task A_damaged_dead_letter_is_listed_and_can_be_discarded(StoreSession s)
    {
        await s.OpenQueueAsync();
        byte[][] bodies = await SendAsync(s, 3);
        foreach (QueueDelivery delivery in await s.Queue.ReceiveManyAsync(3))
        {
            await delivery.DeadLetterAsync("no");
        }

        await s.Embedded.CompactAsync();
        await s.DamageAsync(bodies[1]);
        await s.OpenQueueAsync();
        List<DeadLetter> letters = await s.DeadLettersAsync();
        Assert.Equal([true, false, true], letters.Select(l => l.Unreadable is null));
        Assert.Equal(2, await s.Queue.DeadLetters.ReplayAllAsync());
        Assert.True(await s.Queue.DeadLetters.DiscardAsync(letters[1].Id));
        Assert.Equal(0, s.Queue.DeadLetters.Count);
        Assert.Equal(2, (await s.Queue.ReceiveManyAsync(10)).Count);
    }

    // Case B1, the kind: whose duplicate it is cannot be told, that it is one can.
    [Case(QueueWork.Store, Row)]
    internal static async Task A_damaged_deduplication_entry_still_refuses(StoreSession s)
    {
        await s.OpenQueueAsync();
        const string Id = "an id that is found in the log";
        EnqueueResult first = await s.Queue.EnqueueAsync(
            QueueWork.Message("a") with { DeduplicationId = Id });
        await s.DamageAsync([.. Encoding.UTF8.GetBytes(Id), (byte)first.Id, 0, 0, 0]);
        await s.OpenQueueAsync();
        IReadOnlyList<EnqueueResult> again = await s.Queue.EnqueueManyAsync(
            [QueueWork.Message("b") with { DeduplicationId = Id }, QueueWork.Message("c")]);
        Assert.Equal(EnqueueOutcome.Duplicate, again[0].Outcome);
        Assert.Equal(EnqueueOutcome.Enqueued, again[1].Outcome);
        Assert.Equal(["a", "c"], await s.DrainAsync());
    }

    private static async Task<byte[][]> SendAsync(StoreSession s, int count, int seed = 1)
    {
        byte[][] bodies =
            [.. Enumerable.Range(seed, count).Select(i => Listing.Bytes(i, BodyBytes))];
        foreach (byte[] body in bodies)
        {
            await s.Queue.EnqueueAsync(new QueueMessage(body));
        }

        return bodies;
    }
}
