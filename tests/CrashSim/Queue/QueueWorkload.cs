using System.Text;
using LogEngine.Stores.Queues;

namespace LogEngine.CrashSim.Queue;

/// <summary>A seeded run of everything a queue can do, told to the journal.</summary>
internal sealed class QueueWorkload(
    StorageEngine engine, QueueJournal journal, int seed, Durability acknowledgements)
{
    private readonly Random _random = new(seed);
    private readonly List<QueueDelivery> _held = [];
    private int _sent;

    internal async Task RunAsync(int steps)
    {
        DurableQueue queue = await DurableQueue.OpenAsync(
            engine, "q", new QueueOptions { MaxDeliveries = 3 });
        for (int i = 0; i < steps; i++)
        {
            await StepAsync(queue);
        }

        await queue.DisposeAsync();
        await engine.CloseAsync();
    }

    /// <summary>Everything in a recovered queue, dead letters included.</summary>
    internal static async Task<List<string>> ContentsAsync(StorageEngine engine)
    {
        List<string> found = [];
        DurableQueue queue = await DurableQueue.OpenAsync(
            engine, "q", new QueueOptions { MaxDeliveries = 0 });
        while (await queue.ReceiveManyAsync(20) is { Count: > 0 } some)
        {
            found.AddRange(some.Select(d => Encoding.UTF8.GetString(d.Body.Span)));
        }

        await foreach (DeadLetter letter in queue.DeadLetters.ListAsync())
        {
            found.Add(Encoding.UTF8.GetString(letter.Body.Span));
        }

        await queue.DisposeAsync();
        await engine.CloseAsync();
        return found;
    }

    private async Task StepAsync(DurableQueue queue)
    {
        int choice = _random.Next(10);
        if (choice < 3)
        {
            string body = Next();
            await queue.EnqueueAsync(Message(body));
            journal.Enqueued(body);
        }
        else if (choice < 4)
        {
            string[] bodies = [Next(), Next(), Next()];
            await queue.EnqueueManyAsync([.. bodies.Select(Message)]);
            Array.ForEach(bodies, journal.Enqueued);
        }
        else if (choice < 6)
        {
            _held.AddRange(await queue.ReceiveManyAsync(1 + _random.Next(3)));
        }
        else if (_held.Count > 0)
        {
            QueueDelivery delivery = _held[^1];
            _held.RemoveAt(_held.Count - 1);
            await SettleAsync(queue, delivery);
        }
    }

    private async Task SettleAsync(DurableQueue queue, QueueDelivery delivery)
    {
        string body = Encoding.UTF8.GetString(delivery.Body.Span);
        switch (_random.Next(6))
        {
            case 0:
                await delivery.NegativeAcknowledgeAsync(TimeSpan.FromSeconds(_random.Next(2)));
                break;
            case 1:
                await delivery.DeadLetterAsync("step");
                break;
            case 2:
                string next = Next();
                WriteBatch batch = engine.CreateBatch();
                delivery.Acknowledge(batch);
                queue.Enqueue(batch, Message(next));
                journal.Ending(body);
                await engine.CommitAsync(batch, acknowledgements);
                journal.Ended(body);
                journal.Enqueued(next);
                break;
            default:
                journal.Ending(body);
                await delivery.AcknowledgeAsync(acknowledgements);
                journal.Ended(body);
                break;
        }
    }

    private string Next()
    {
        string body = $"{++_sent}";
        journal.Sending(body);
        return body;
    }

    private QueueMessage Message(string body) => new(Encoding.UTF8.GetBytes(body))
    {
        Lane = _random.Next(QueueMessage.Lanes),
    };
}
