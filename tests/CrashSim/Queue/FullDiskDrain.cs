using LogEngine.Stores.Queues;
using LogEngine.Testing;

namespace LogEngine.CrashSim.Queue;

/// <summary>A queue fills its disk, and is drained without anything being freed by others.</summary>
internal static class FullDiskDrain
{
    private const int BodyBytes = 3000;

    /// <summary>What is wrong; null where nothing is.</summary>
    internal static string? Run(int seed, int capacityKib, bool many)
    {
        SimulatedDisk disk = new(seed) { CapacityBytes = capacityKib << 10 };
        StorageEngine engine = disk.OpenEngine("/store");
        string? violation = null;
        disk.Run(async () => violation = await RunAsync(engine, disk, many));
        return violation is null ? null : $"seed {seed}, {capacityKib} KiB, many {many}: {violation}";
    }

    private static async Task<string?> RunAsync(
        StorageEngine engine, SimulatedDisk disk, bool many)
    {
        DurableQueue queue = await DurableQueue.OpenAsync(
            engine, "q", new QueueOptions { LeaseDuration = TimeSpan.FromDays(1) });
        int sent = await FillAsync(queue);
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
        int refused = 0;
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
                refused += await AcknowledgeAsync(delivery, disk) ? 0 : 1;
            }
        }

        return queue.Statistics is { Ready: 0, Dead: 0 } left && left.Leased == refused
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

    /// <summary>
    /// A removal may have to wait for compaction to make space of what has been removed before; one
    /// that the engine goes on refusing leaves the lease as it was.
    /// </summary>
    private static async Task<bool> AcknowledgeAsync(QueueDelivery delivery, SimulatedDisk disk)
    {
        for (int attempt = 0; attempt < 10; attempt++)
        {
            try
            {
                await delivery.AcknowledgeAsync();
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
