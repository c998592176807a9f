using System.Text;
using LogEngine.Stores.Queues;
using LogEngine.Stores.Topics;

namespace LogEngine.AspNetCoreTests.Dashboard;

/// <summary>Fills an engine with something of everything that the dashboard shows.</summary>
internal static class Busy
{
    internal static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    internal static async Task FillAsync(StorageEngine engine)
    {
        Keyspace users = engine.GetKeyspace("users");
        WriteBatch batch = engine.CreateBatch();
        for (int i = 0; i < 300; i++)
        {
            batch.Put(users, Bytes($"user {i}"), new byte[400]);
        }

        await engine.CommitAsync(batch);
        await users.DeleteRangeAsync(Bytes("user 1"), Bytes("user 2"));
        await using DurableQueue mail = await engine.OpenQueueAsync("mail");
        for (int i = 0; i < 12; i++)
        {
            await mail.EnqueueAsync(new QueueMessage(Bytes($"letter {i}")));
        }

        await mail.EnqueueAsync(new QueueMessage(Bytes("later")) { Delay = TimeSpan.FromHours(1) });
        await BuryAsync(mail, "SMTP 550: no such mailbox");
        await BuryAsync(mail, "The template 'welcome' is not there");
        await using Topic topic = await engine.OpenTopicAsync("orders");
        for (int i = 0; i < 40; i++)
        {
            await topic.AppendAsync(Bytes($"order {i}"));
        }

        ConsumerGroup group = await topic.GetGroupAsync("billing");
        await group.CommitAsync(31);
        await topic.GetGroupAsync("shipping");
    }

    internal static async Task BuryAsync(DurableQueue queue, string reason) =>
        await (await queue.TryReceiveAsync())!.DeadLetterAsync(reason);
}
