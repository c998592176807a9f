using LogEngine.Stores.Queues;
using LogEngine.Testing;

namespace LogEngine.CrashSim.Queue;

/// <summary>A queue fills its disk, and is drained without anything being freed by others.</summary>
internal static class FullDiskDrain
{
    private const int BodyBytes = 3000;

    /// <summary>Seven segments: see docs/durability.md, 'On a full disk'.</summary>
    private static long LeastCapacity => 7 * WriteAheadLogOptions.MinSegmentSizeBytes;

    /// <summary>What is wrong; null where nothing is.</summary>
    /// <param name="seed">Of the schedule.</param>
    /// <param name="capacityKib">Size of the disk.</param>
    /// <param name="many">Whether many are received at once.</param>
    /// <param name="reopened">
    /// Whether the queue is opened anew in between, so that deliveries are counted before they happen.
    /// </param>
    internal static string? Run(int seed, int capacityKib, bool many, bool reopened)
    {
        SimulatedDisk disk = new(seed) { CapacityBytes = capacityKib << 10 };
        EmbeddedEngine engine = disk.OpenEngine("/store");
        string? violation = null;
        disk.Run(async () => violation = await RunAsync(
            engine, disk, capacityKib << 10, many, reopened));
        return violation is null ? null : $"seed {seed}, {capacityKib} KiB, many {many}, reopened {reopened}: {violation}";
    }

    private static async Task<string?> RunAsync(
        EmbeddedEngine engine, SimulatedDisk disk, long capacity, bool many, bool reopened)
    {
        QueueOptions options = new() { LeaseDuration = TimeSpan.FromDays(1) };
        DurableQueue queue = await engine.OpenQueueAsync("q", options);
        int sent = await FillAsync(queue);
        if (reopened)
        {
            await queue.DisposeAsync();
            queue = await engine.OpenQueueAsync("q", options);
        }

        if (sent < 10)
        {
            return $"only {sent} messages fit";
        }

        // Given back, it is delivered again and again: what is counted is what happened.
        for (int delivery = 1; delivery <= 3; delivery++)
        {
            QueueDelivery? first = await TryReceiveAsync(queue);
            if (first is null)
            {
                return $"delivery {delivery} on a full disk is refused";
            }

            if (first.DeliveryCount != delivery)
            {
                return $"delivery {delivery} says {first.DeliveryCount}";
            }

            await first.NegativeAcknowledgeAsync();
        }

        int drained = 0;
        while (drained < sent)
        {
            IReadOnlyList<QueueDelivery> some = many
                ? await queue.ReceiveManyAsync(7)
                : await TryReceiveAsync(queue) is { } one ? [one] : [];
            if (some.Count == 0)
            {
                return $"{drained} of {sent} came, then nothing";
            }

            foreach (QueueDelivery delivery in some)
            {
                if (delivery.DeliveryCount != (drained == 0 ? 4 : 1))
                {
                    return $"message {drained} was delivered {delivery.DeliveryCount} times";
                }

                drained++;
                if (!await AcknowledgeAsync(delivery, disk))
                {
                    return $"acknowledgement {drained} of {sent} is refused: {engine.Statistics}";
                }
            }
        }

        // Drained, the disk has room again, if it ever has room for everything beside the reserve.
        for (int i = 0; capacity >= LeastCapacity && i < sent / 2; i++)
        {
            if (!await InTimeAsync(
                async () => _ = await queue.EnqueueAsync(new QueueMessage(new byte[BodyBytes])), disk))
            {
                return $"drained, and message {i} is refused: {engine.Statistics}";
            }

            QueueDelivery? again = await TryReceiveAsync(queue);
            if (again is null || !await AcknowledgeAsync(again, disk))
            {
                return $"drained, and message {i} does not come: {engine.Statistics}";
            }
        }

        return queue.Statistics is { Ready: 0, Dead: 0 } left && left.Leased == 0
            ? null
            : $"drained, and yet {queue.Statistics}";
    }

    private static async Task<int> FillAsync(DurableQueue queue)
    {
        int sent = 0;
        for (int refused = 0; refused < 3;)
        {
            try
            {
                await queue.EnqueueAsync(new QueueMessage(new byte[BodyBytes]));
                sent++;
            }
            catch (StorageFullException)
            {
                refused++;
            }
        }

        return sent;
    }

    private static async Task<QueueDelivery?> TryReceiveAsync(DurableQueue queue)
    {
        try
        {
            return await queue.TryReceiveAsync();
        }
        catch (StorageFullException)
        {
            // Refused: it must not count.
            return await OnceMoreAsync(queue);
        }
    }

    private static async Task<QueueDelivery?> OnceMoreAsync(DurableQueue queue)
    {
        try
        {
            return await queue.TryReceiveAsync();
        }
        catch (StorageFullException)
        {
            return null;
        }
    }

    /// <summary>A removal may have to wait for compaction to make space of what was removed before.</summary>
    private static Task<bool> AcknowledgeAsync(QueueDelivery delivery, SimulatedDisk disk) =>
        InTimeAsync(() => delivery.AcknowledgeAsync(), disk);

    /// <summary>Within ten seconds, tried each second.</summary>
    private static async Task<bool> InTimeAsync(Func<ValueTask> call, SimulatedDisk disk)
    {
        for (int attempt = 0; attempt < 10; attempt++)
        {
            try
            {
                await call();
                return true;
            }
            catch (StorageFullException)
            {
                await Task.Delay(TimeSpan.FromSeconds(1), disk.TimeProvider);
            }
        }

        return false;
    }
}
