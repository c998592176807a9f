using LogEngine.Stores.Queues;

namespace LogEngine.Rebus;

/// <summary>The queues that a transport has open, by name; each is closed with the transport.</summary>
internal sealed class QueueDirectory(StorageEngine engine, LogEngineTransportOptions options)
    : IAsyncDisposable
{
    private readonly SemaphoreSlim _opening = new(1, 1);

    /// <summary>Replaced as a whole under <see cref="_opening"/>; read without it.</summary>
    private volatile Dictionary<string, DurableQueue> _open = new(StringComparer.Ordinal);
    private bool _closed;

    internal StorageEngine Engine => engine;

    internal Durability? Durability => options.Durability;

    internal ValueTask<DurableQueue> OpenAsync(string name) =>
        _open.TryGetValue(name, out DurableQueue? queue)
            ? new ValueTask<DurableQueue>(queue)
            : OpenAnewAsync(name);

    public async ValueTask DisposeAsync()
    {
        await _opening.WaitAsync().ConfigureAwait(false);
        try
        {
            _closed = true;
            foreach (DurableQueue queue in _open.Values)
            {
                await queue.DisposeAsync().ConfigureAwait(false);
            }
        }
        finally
        {
            _opening.Release();
        }
    }

    private async ValueTask<DurableQueue> OpenAnewAsync(string name)
    {
        await _opening.WaitAsync().ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            if (!_open.TryGetValue(name, out DurableQueue? queue))
            {
                queue = await engine.OpenQueueAsync(name, options.Queue).ConfigureAwait(false);
                _open = new Dictionary<string, DurableQueue>(_open, StringComparer.Ordinal) { [name] = queue };
            }

            return queue;
        }
        finally
        {
            _opening.Release();
        }
    }
}
