using System.Text;
using LogEngine.Stores.Queues;
using LogEngine.Testing;

namespace LogEngine.CrashSim.Queue;

/// <summary>A seeded run of everything a queue can do, told to the journal.</summary>
internal sealed class QueueWorkload(
    EmbeddedEngine engine,
    QueueJournal journal,
    int seed,
    Durability acknowledgements,
    int padding = 0)
{
    private readonly Random _random = new(seed);
    private readonly List<QueueDelivery> _held = [];
    private readonly List<(string Body, long Id)> _ids = [];
    private int _sent;

    /// <summary>Whether a step was refused, or background work failed.</summary>
    internal bool FeltFault { get; private set; }

    internal async Task RunAsync(int steps)
    {
        DurableQueue queue = await engine.OpenQueueAsync(
            "q", new QueueOptions { MaxDeliveries = 3 });
        for (int i = 0; i < steps; i++)
        {
            await StepAsync(queue);
        }

        await queue.DisposeAsync();
        await engine.CloseAsync();
    }

    /// <summary>
    /// The same on a disk that fails: a step that is refused is one whose outcome is not known, and
    /// the run goes on. Then the disk works again: gives what the queue still delivers by itself, or
    /// null where the engine is faulted and only opening it again is the cure.
    /// </summary>
    internal async Task<List<string>?> RunFailingAsync(int steps, SimulatedDisk disk)
    {
        DurableQueue queue = await engine.OpenQueueAsync(
            "q", new QueueOptions { MaxDeliveries = 3 });
        for (int i = 0; i < steps; i++)
        {
            try
            {
                await StepAsync(queue);
            }
            catch (Exception error) when (error is LogEngineException)
            {
                FeltFault = true;
            }

            FeltFault |= engine.Statistics.MaintenanceFailure is not null;
        }

        disk.Repair();
        disk.CapacityBytes = 1L << 40;
        if (engine.Faulted.IsCompleted)
        {
            return null;
        }

        // Whatever is leased or was refused with a delay comes again; a full disk is looked at anew.
        await Task.Delay(TimeSpan.FromHours(1), disk.TimeProvider);
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                await queue.EnqueueAsync(Message(Next()));
                break;
            }
            catch (StorageFullException) when (attempt < 20)
            {
                await Task.Delay(TimeSpan.FromSeconds(1), disk.TimeProvider);
            }
        }

        return await DrainAsync(queue);
    }

    /// <summary>Everything in a recovered queue, dead letters included.</summary>
    internal static async Task<List<string>> ContentsAsync(EmbeddedEngine engine)
    {
        DurableQueue queue = await engine.OpenQueueAsync(
            "q", new QueueOptions { MaxDeliveries = 0 });
        List<string> found = await DrainAsync(queue);
        await queue.DisposeAsync();
        await engine.CloseAsync();
        return found;
    }

    private static async Task<List<string>> DrainAsync(DurableQueue queue)
    {
        List<string> found = [];
        while (await queue.ReceiveManyAsync(20) is { Count: > 0 } some)
        {
            foreach (QueueDelivery delivery in some)
            {
                if (delivery.GroupId is null)
                {
                    found.Add(Text(delivery.Body));
                }
                else
                {
                    // The next one of its group comes only now; it is found among the dead.
                    await delivery.DeadLetterAsync("drained", Durability.ProcessCrash);
                }
            }
        }

        await foreach (DeadLetter letter in queue.DeadLetters.ListAsync())
        {
            found.Add(Text(letter.Body));
        }

        return found;
    }

    private async Task StepAsync(DurableQueue queue)
    {
        int choice = _random.Next(11);
        if (choice < 3)
        {
            string body = Next();
            _ids.Add((body, (await queue.EnqueueAsync(Message(body))).Id));
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
        else if (choice == 6)
        {
            await DeleteAsync(queue);
        }
        else if (_held.Count > 0)
        {
            QueueDelivery delivery = _held[^1];
            _held.RemoveAt(_held.Count - 1);
            await SettleAsync(queue, delivery);
        }
    }

    /// <summary>Any message there ever was, by its id: waiting, leased, dead or gone.</summary>
    private async Task DeleteAsync(DurableQueue queue)
    {
        if (_ids.Count == 0)
        {
            return;
        }

        (string body, long id) = _ids[_random.Next(_ids.Count)];
        bool begins = journal.Ending(body);
        if (await queue.DeleteMessageAsync(id, acknowledgements) == MessageDeletion.Deleted)
        {
            journal.Ended(body);
        }
        else if (begins)
        {
            journal.NotEnding(body);
        }
    }

    private async Task SettleAsync(DurableQueue queue, QueueDelivery delivery)
    {
        string body = Text(delivery.Body);
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

    private QueueMessage Message(string body) =>
        new(Encoding.UTF8.GetBytes(body.PadRight(padding)))
        {
            Lane = _random.Next(QueueMessage.Lanes),
            GroupId = _random.Next(3) switch { 0 => "one", 1 => "two", _ => null },
        };

    private static string Text(ReadOnlyMemory<byte> body) =>
        Encoding.UTF8.GetString(body.Span).TrimEnd();
}
