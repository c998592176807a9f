using System.Text;
using LogEngine.Stores.Queues;

namespace LogEngine.Conformance.Cases;

/// <summary>What the cases of the queue have in common.</summary>
internal static class QueueWork
{
    internal const string Store = "DurableQueue";

    internal static QueueMessage Message(string body) => new(Encoding.UTF8.GetBytes(body));

    internal static string Text(ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);

    internal static async Task<long> SendAsync(
        this ConformanceSession s, string body, int? lane = null) =>
        (await s.Queue.EnqueueAsync(Message(body) with { Lane = lane ?? QueueMessage.DefaultLane })).Id;

    /// <summary>Receives a message that must be there.</summary>
    internal static async Task<QueueDelivery> ReceiveAsync(this ConformanceSession s)
    {
        QueueDelivery? delivery = await s.Queue.TryReceiveAsync();
        Assert.NotNull(delivery);
        return delivery;
    }

    /// <summary>Receives and acknowledges all that is ready; gives the bodies.</summary>
    internal static async Task<List<string>> DrainAsync(this ConformanceSession s)
    {
        List<string> bodies = [];
        while (await s.Queue.TryReceiveAsync() is { } delivery)
        {
            bodies.Add(Text(delivery.Body));
            await delivery.AcknowledgeAsync();
        }

        return bodies;
    }

    internal static async Task<List<DeadLetter>> DeadLettersAsync(this ConformanceSession s)
    {
        List<DeadLetter> letters = [];
        await foreach (DeadLetter letter in s.Queue.DeadLetters.ListAsync())
        {
            letters.Add(letter);
        }

        return letters;
    }
}
