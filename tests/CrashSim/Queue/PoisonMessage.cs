using System.Text;
using LogEngine.Stores.Queues;
using LogEngine.Testing;

namespace LogEngine.CrashSim.Queue;

/// <summary>
/// A message whose every receiver ends the process in the moment in which it gets it, before anything else
/// is written.
/// </summary>
internal static class PoisonMessage
{
    private const int MaxDeliveries = 3;

    /// <summary>What is wrong; null where nothing is.</summary>
    internal static string? Run(int seed)
    {
        SimulatedDisk disk = new(seed);
        EmbeddedEngine engine = disk.OpenEngine("/store");
        int deliveries = 0;
        while (true)
        {
            string? received = null;
            disk.Run(async () => received = await ReceiveAsync(engine, sends: deliveries == 0));
            if (received != "poison")
            {
                break;
            }

            deliveries++;
            disk.KillProcess();
            if (deliveries > 2 * MaxDeliveries)
            {
                return $"seed {seed}: delivered {deliveries} times, and it still comes";
            }

            engine = disk.OpenEngine("/store");
        }

        // The first delivery is counted behind it, and may be missing.
        List<string> dead = [];
        disk.Run(async () => dead = await DeadLettersAsync(engine));
        return deliveries is MaxDeliveries or MaxDeliveries + 1 && dead is ["poison"]
            ? null
            : $"seed {seed}: delivered {deliveries} times, dead: {string.Join(' ', dead)}";
    }

    private static async Task<string?> ReceiveAsync(EmbeddedEngine engine, bool sends)
    {
        DurableQueue queue = await OpenAsync(engine);
        if (sends)
        {
            await queue.EnqueueAsync(Message("poison"));
            await queue.EnqueueAsync(Message("good"));
        }

        // With a durable write of somebody else on its way: what is written behind it takes its time.
        _ = engine.GetKeyspace("of somebody else").PutAsync(
            new byte[] { 1 }, new byte[] { 2 }, Durability.PowerLoss).AsTask();
        QueueDelivery? delivery = await queue.TryReceiveAsync();
        return delivery is null ? null : Text(delivery.Body);
    }

    private static async Task<List<string>> DeadLettersAsync(EmbeddedEngine engine)
    {
        DurableQueue queue = await OpenAsync(engine);
        List<string> dead = [];
        await foreach (DeadLetter letter in queue.DeadLetters.ListAsync())
        {
            dead.Add(Text(letter.Body));
        }

        return dead;
    }

    private static ValueTask<DurableQueue> OpenAsync(EmbeddedEngine engine) =>
        engine.OpenQueueAsync("q", new QueueOptions { MaxDeliveries = MaxDeliveries });

    private static QueueMessage Message(string body) => new(Encoding.UTF8.GetBytes(body));

    private static string Text(ReadOnlyMemory<byte> body) => Encoding.UTF8.GetString(body.Span);
}
