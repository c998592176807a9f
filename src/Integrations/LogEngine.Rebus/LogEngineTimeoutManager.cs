using LogEngine.Stores.Queues;
using Rebus.Bus;
using Rebus.Timeouts;

namespace LogEngine.Rebus;

/// <summary>
/// Deferred messages in a queue with due times. A due message is leased while Rebus sends it: of several buses one has
/// it, and where it was not completed it is due again.
/// </summary>
internal sealed class LogEngineTimeoutManager(StorageEngine engine, string queueName)
    : ITimeoutManager, IInitializable, IDisposable
{
    private const int AtOnce = 100;

    private static readonly TimeSpan _lease = TimeSpan.FromMinutes(1);

    private DurableQueue? _queue;

    public void Initialize() => _queue ??= engine
        .OpenQueueAsync(queueName, new QueueOptions { MaxDeliveries = 0 }).AsTask().GetAwaiter().GetResult();

    public async Task Defer(DateTimeOffset approximateDueTime, Dictionary<string, string> headers, byte[] body) =>
        await Queue().EnqueueAsync(new QueueMessage(body) { Headers = headers, DueAt = approximateDueTime })
            .ConfigureAwait(false);

    public async Task<DueMessagesResult> GetDueMessages()
    {
        IReadOnlyList<QueueDelivery> due = await Queue().ReceiveManyAsync(AtOnce, lease: _lease)
            .ConfigureAwait(false);
        return new DueMessagesResult(
            [
                .. due.Select(delivery => new DueMessage(
                    new Dictionary<string, string>(delivery.Headers),
                    delivery.Body.ToArray(),
                    () => delivery.AcknowledgeAsync().AsTask())),
            ],
            () => GiveBackAsync(due));
    }

    public void Dispose() => _queue?.Dispose();

    private static async Task GiveBackAsync(IReadOnlyList<QueueDelivery> due)
    {
        foreach (QueueDelivery delivery in due.Where(delivery => !delivery.IsSettled))
        {
            try
            {
                await delivery.NegativeAcknowledgeAsync().ConfigureAwait(false);
            }
            catch (LeaseLostException)
            {
                // It took longer than the lease: it is due again already.
            }
        }
    }

    private DurableQueue Queue() =>
        _queue ?? throw new InvalidOperationException("The bus has not been started.");
}
