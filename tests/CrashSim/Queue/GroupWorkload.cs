using System.Text;
using LogEngine.Stores.Queues;
using LogEngine.Testing;

namespace LogEngine.CrashSim.Queue;

/// <summary>
/// Messages of a few groups, received while the acknowledgements of others are on their way to the
/// disk, with power losses before every change of it. Of a group one message is out at a time, and none
/// comes back once a later one has been handed out.
/// </summary>
internal sealed class GroupWorkload(EmbeddedEngine engine, int seed)
{
    private const int Groups = 3;
    private const int Steps = 40;
    private const int CrashesEach = 3;

    private readonly Random _random = new(seed);
    private readonly int[] _sent = new int[Groups];

    /// <summary>Highest number of each group that was ever handed out.</summary>
    private readonly int[] _handedOut = new int[Groups];

    /// <summary>Numbers up to here were handed to the queue and acknowledged by it.</summary>
    private readonly int[] _enqueued = new int[Groups];
    private readonly List<QueueDelivery> _held = [];

    /// <summary>What was wrong while the queue ran.</summary>
    private readonly List<string> _violations = [];

    /// <summary>Runs one seed; gives what was wrong, and how many states were recovered.</summary>
    internal static (int States, List<string> Violations) Run(int seed)
    {
        SimulatedDisk disk = new(seed);
        EmbeddedEngine engine = disk.OpenEngine("/store");
        GroupWorkload workload = new(engine, seed);
        int states = 0;
        disk.BeforeChange = operation =>
        {
            for (int crash = 0; crash < CrashesEach; crash++)
            {
                SimulatedDisk crashed = disk.Crash(crash);
                List<(int Group, int Number)> found = [];
                EmbeddedEngine recovered = crashed.OpenEngine("/store");
                crashed.Run(async () => found = await DrainAsync(recovered));
                states++;
                if (workload.Violation(found) is { } violation)
                {
                    workload._violations.Add(
                        $"seed {seed}, operation {operation}, crash {crash}: {violation}");
                }
            }
        };
        disk.Run(workload.RunAsync);
        return (states, workload._violations);
    }

    private async Task RunAsync()
    {
        DurableQueue queue = await engine.OpenQueueAsync("q", new QueueOptions { MaxDeliveries = 0 });
        for (int step = 0; step < Steps; step++)
        {
            await StepAsync(queue);
        }

        await queue.DisposeAsync();
        await engine.CloseAsync();
    }

    private async Task StepAsync(DurableQueue queue)
    {
        int choice = _random.Next(10);
        if (choice < 4 || _held.Count == 0)
        {
            int group = _random.Next(Groups);
            int number = ++_sent[group];
            await queue.EnqueueAsync(new QueueMessage(Encoding.UTF8.GetBytes($"{number}"))
            {
                GroupId = $"{group}",
                Lane = _random.Next(QueueMessage.Lanes),
            });
            _enqueued[group] = number;
            await ReceiveAsync(queue);
            return;
        }

        QueueDelivery delivery = _held[0];
        _held.RemoveAt(0);
        Task settled = choice switch
        {
            4 => delivery.NegativeAcknowledgeAsync().AsTask(),
            5 => delivery.DeadLetterAsync("step").AsTask(),
            _ => delivery.AcknowledgeAsync().AsTask(),
        };

        // Others receive meanwhile; nobody may get what comes behind it.
        for (int look = 0; look < 1000 && !settled.IsCompleted; look++)
        {
            await ReceiveAsync(queue);
            await Task.Yield();
        }

        await settled;
    }

    private async Task ReceiveAsync(DurableQueue queue)
    {
        if (await queue.TryReceiveAsync() is not { } delivery)
        {
            return;
        }

        if (_held.Exists(held => held.GroupId == delivery.GroupId))
        {
            _violations.Add($"two messages of group {delivery.GroupId} are out");
        }

        _held.Add(delivery);
        (int group, int number) = Of(delivery);
        if (number < _handedOut[group])
        {
            _violations.Add($"{number} of group {group} comes behind {_handedOut[group]}");
        }

        _handedOut[group] = number;
    }

    /// <summary>What is wrong with what a recovered queue delivers, in its order.</summary>
    private string? Violation(List<(int Group, int Number)> found)
    {
        for (int group = 0; group < Groups; group++)
        {
            List<int> numbers = [.. found.Where(f => f.Group == group).Select(f => f.Number)];
            if (!numbers.SequenceEqual(numbers.Order()))
            {
                return $"group {group} comes as {string.Join(' ', numbers)}";
            }

            if (numbers.Count > 0 && numbers[0] < _handedOut[group])
            {
                return $"{numbers[0]} of group {group} is back, and {_handedOut[group]} was handed out";
            }

            if (_handedOut[group] < _enqueued[group] && !numbers.Contains(_enqueued[group]))
            {
                return $"{_enqueued[group]} of group {group} is lost";
            }
        }

        return null;
    }

    private static async Task<List<(int Group, int Number)>> DrainAsync(EmbeddedEngine engine)
    {
        List<(int, int)> found = [];
        DurableQueue queue = await engine.OpenQueueAsync("q", new QueueOptions { MaxDeliveries = 0 });
        while (await queue.ReceiveManyAsync(20) is { Count: > 0 } some)
        {
            foreach (QueueDelivery delivery in some)
            {
                // The next one of its group comes only now.
                found.Add(Of(delivery));
                await delivery.DeadLetterAsync("drained", Durability.ProcessCrash);
            }
        }

        await queue.DisposeAsync();
        await engine.CloseAsync();
        return found;
    }

    private static (int Group, int Number) Of(QueueDelivery delivery) => (
        int.Parse(delivery.GroupId!, System.Globalization.CultureInfo.InvariantCulture),
        int.Parse(
            Encoding.UTF8.GetString(delivery.Body.Span),
            System.Globalization.CultureInfo.InvariantCulture));
}
