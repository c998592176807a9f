using LogEngine.Compare.Rebus;

namespace LogEngine.Compare.Queues;

/// <summary>A transport of Rebus: on PostgreSQL, or its own of files.</summary>
internal sealed class RebusQueue(RebusPeer peer, string note) : IBenchQueue
{
    public string Note => note;

    internal static async Task<RebusQueue> OpenAsync(string connectionString) => new(
        await RebusPeer.OpenAsync(connectionString),
        "sent in one transaction, received and acknowledged in another one");

    internal static RebusQueue OpenFiles(string directory) => new(
        RebusPeer.OpenFiles(directory), "a file a message, never synced: process crash alone");

    public async ValueTask EnqueueAsync(ReadOnlyMemory<byte> body) =>
        await peer.SendAsync(body.ToArray()).ConfigureAwait(false);

    public async ValueTask<(ReadOnlyMemory<byte> Body, object Receipt)> ReceiveAsync() =>
        await peer.ReceiveAsync().ConfigureAwait(false);

    public async ValueTask AcknowledgeAsync(object receipt) =>
        await ((RebusReceipt)receipt).AcknowledgeAsync().ConfigureAwait(false);

    public ValueTask DisposeAsync()
    {
        peer.Dispose();
        return ValueTask.CompletedTask;
    }
}
