using LogEngine.Stores.Queues;
using static LogEngine.Conformance.Cases.QueueWork;

namespace LogEngine.Conformance.Cases;

internal static class QueueDeletionCases
{
    [Case(Store, "deletion")]
    internal static async Task A_waiting_scheduled_held_back_or_dead_message_is_deleted_by_its_id(
        ConformanceSession s)
    {
        await s.OpenQueueAsync();
        QueueDelivery dies = await SendAndReceiveAsync(s, "dead");
        await dies.DeadLetterAsync("no good");
        QueueDelivery refused = await SendAndReceiveAsync(s, "refused");
        await refused.NegativeAcknowledgeAsync(TimeSpan.FromHours(1));
        long ready = await s.SendAsync("ready", lane: 6);
        long scheduled = (await s.Queue.EnqueueAsync(
            Message("late") with { Delay = TimeSpan.FromHours(1) })).Id;
        long first = (await s.Queue.EnqueueAsync(Message("g1") with { GroupId = "g" })).Id;
        long behind = (await s.Queue.EnqueueAsync(Message("g2") with { GroupId = "g" })).Id;
        await s.Queue.EnqueueAsync(Message("g3") with { GroupId = "g" });
        foreach (long id in (long[])[dies.Id, refused.Id, ready, scheduled, behind, first])
        {
            Assert.Equal(MessageDeletion.Deleted, await s.Queue.DeleteMessageAsync(id));
            Assert.Equal(MessageDeletion.NotFound, await s.Queue.DeleteMessageAsync(id));
        }

        Assert.Equal((1L, 0L, 5L), (s.Queue.Statistics.Ready, s.Queue.Statistics.Dead,
            s.Queue.Statistics.Deleted));
        await s.RestartAsync();
        s.Advance(TimeSpan.FromHours(2));
        Assert.Equal(["g3"], await s.DrainAsync());
        Assert.Equal(0, s.Queue.Statistics.Bytes);
        Assert.Empty(await s.DeadLettersAsync());
    }

    [Case(Store, "deletion")]
    internal static async Task A_leased_message_is_not_deleted(ConformanceSession s)
    {
        await s.OpenQueueAsync();
        QueueDelivery leased = await SendAndReceiveAsync(s, "leased");
        Assert.Equal(MessageDeletion.Leased, await s.Queue.DeleteMessageAsync(leased.Id));
        await leased.AcknowledgeAsync();
        Assert.Equal(MessageDeletion.NotFound, await s.Queue.DeleteMessageAsync(leased.Id));
    }

    [Case(Store, "deletion")]
    internal static async Task A_deleted_message_makes_room_and_stays_a_duplicate(ConformanceSession s)
    {
        await s.OpenQueueAsync(new QueueOptions { MaxMessages = 1 });
        QueueMessage once = Message("once") with { DeduplicationId = "once" };
        long id = (await s.Queue.EnqueueAsync(once)).Id;
        await Assert.ThrowsAsync<QueueFullException>(async () => await s.SendAsync("other"));
        Assert.Equal(MessageDeletion.Deleted, await s.Queue.DeleteMessageAsync(id));
        await s.RestartAsync();
        Assert.Equal(
            new EnqueueResult(id, EnqueueOutcome.Duplicate), await s.Queue.EnqueueAsync(once));
        await s.SendAsync("other");
        Assert.Equal(["other"], await s.DrainAsync());
    }

    [Case(Store, "deletion")]
    internal static async Task A_deletion_and_what_goes_with_it_are_one_commit(ConformanceSession s)
    {
        await s.OpenQueueAsync();
        long id = await s.SendAsync("a");
        Keyspace keyspace = s.Engine.GetKeyspace("k");
        await keyspace.PutAsync(new byte[] { 1 }, new byte[] { 1 });
        WriteBatch refused = s.Engine.CreateBatch();
        refused.RequireAbsent(keyspace, [1]);
        PendingValue<MessageDeletion> none = s.Queue.DeleteMessage(refused, id);
        Assert.False((await s.Engine.TryCommitAsync(refused)).Applied);
        Assert.False(none.IsKnown);
        Assert.Equal(1, s.Queue.Statistics.Ready);
        WriteBatch batch = s.Engine.CreateBatch();
        PendingValue<MessageDeletion> deletion = s.Queue.DeleteMessage(batch, id);
        s.Queue.Enqueue(batch, Message("instead"));
        await s.Engine.CommitAsync(batch);
        Assert.Equal(MessageDeletion.Deleted, deletion.Value);
        await s.RestartAsync();
        Assert.Equal(["instead"], await s.DrainAsync());
    }

    [Case(Store, "deletion")]
    internal static async Task A_batch_tells_the_ids_of_what_it_enqueues(ConformanceSession s)
    {
        await s.OpenQueueAsync();
        WriteBatch refused = s.Engine.CreateBatch();
        refused.RequireVersion(s.Engine.GetKeyspace("k"), [1], 1);
        PendingValue<long> none = s.Queue.Enqueue(refused, Message("never"));
        Assert.False((await s.Engine.TryCommitAsync(refused)).Applied);
        Assert.False(none.IsKnown);
        WriteBatch batch = s.Engine.CreateBatch();
        PendingValue<long> first = s.Queue.Enqueue(batch, Message("a"));
        PendingValue<long> second = s.Queue.Enqueue(
            batch, Message("b") with { DeduplicationId = "once", Lane = 1 });
        PendingValue<long> third = s.Queue.Enqueue(batch, Message("c"));
        await s.Engine.CommitAsync(batch);
        await s.RestartAsync();
        Assert.Equal(MessageDeletion.Deleted, await s.Queue.DeleteMessageAsync(second.Value));
        Assert.Equal(first.Value, (await s.Queue.TryReceiveAsync())?.Id);
        Assert.Equal(MessageDeletion.Deleted, await s.Queue.DeleteMessageAsync(third.Value));
    }

    [Case(Store, "deletion")]
    internal static async Task Of_deletions_and_a_receiver_that_race_one_wins(ConformanceSession s)
    {
        await s.OpenQueueAsync();
        for (int round = 0; round < 10; round++)
        {
            long id = await s.SendAsync("a");
            int deleted = 0;
            QueueDelivery? received = null;
            await s.AtOnceAsync(8, async task =>
            {
                if (task == 4)
                {
                    received = await s.Queue.TryReceiveAsync();
                }
                else if (await s.Queue.DeleteMessageAsync(id) == MessageDeletion.Deleted)
                {
                    Interlocked.Increment(ref deleted);
                }
            });
            Assert.Equal(1, deleted + (received is null ? 0 : 1));
            if (received is not null)
            {
                await received.AcknowledgeAsync();
            }
        }
    }

    private static async Task<QueueDelivery> SendAndReceiveAsync(ConformanceSession s, string body)
    {
        await s.SendAsync(body);
        return await s.ReceiveAsync();
    }
}
