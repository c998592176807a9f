using LogEngine.Stores.Queues;
using Rebus.Bus;
using Rebus.Logging;
using Rebus.Messages;
using Rebus.Transport;

namespace LogEngine.Rebus;

/// <summary>A transport of Rebus over the durable queues of an engine.</summary>
internal sealed class LogEngineTransport : ITransport, ITransportInspector, IInitializable, IDisposable
{
    private readonly LogEngineTransportOptions _options;
    private readonly FinishedOperations _finished;
    private readonly ILog _log;
    private readonly QueueDirectory _queues;
    private DurableQueue? _input;
    private LeaseKeeper? _leases;
    private Prefetcher? _prefetcher;
    private bool _disposed;

    internal LogEngineTransport(
        StorageEngine engine,
        string? address,
        LogEngineTransportOptions options,
        FinishedOperations finished,
        IRebusLoggerFactory loggers)
    {
        Address = address;
        _finished = finished;
        _options = options;
        _log = loggers.GetLogger<LogEngineTransport>();
        _queues = new QueueDirectory(engine, options);
    }

    /// <summary>The input queue; null for a client that only sends.</summary>
    public string? Address { get; }

    public void Initialize()
    {
        // Rebus initializes what it has resolved under several types more than once.
        if (Address is null || _input is not null)
        {
            return;
        }

        _input = Open(Address);
        _leases = new LeaseKeeper(_options.Queue.LeaseDuration, _queues.Engine.TimeProvider, _log);
        _prefetcher = new Prefetcher(_input, _options.Prefetch, _leases);
    }

    /// <summary>
    /// A queue need not be created; that its name and options are right is seen here, and not by the first message.
    /// </summary>
    public void CreateQueue(string address) => Open(address);

    public Task Send(string destinationAddress, TransportMessage message, ITransactionContext context)
    {
        ArgumentException.ThrowIfNullOrEmpty(destinationAddress);
        ArgumentNullException.ThrowIfNull(message);
        ArgumentNullException.ThrowIfNull(context);
        EngineTransaction.In(context, _queues.Engine)
            .Send(context, _queues, new OutgoingTransportMessage(message, destinationAddress));
        return Task.CompletedTask;
    }

    public async Task<TransportMessage?> Receive(ITransactionContext context, CancellationToken cancellationToken)
    {
        if (_prefetcher is null)
        {
            throw new InvalidOperationException("This is a client that only sends: it has no input queue.");
        }

        QueueDelivery? delivery = await _prefetcher.NextAsync(cancellationToken).ConfigureAwait(false);
        if (delivery is null)
        {
            return null;
        }

        EngineTransaction.Receive(context, _queues, delivery);
        context.OnDisposed(_ =>
        {
            _leases!.Release(delivery);
            _finished.Note();
        });
        return TransportMessages.FromQueue(delivery);
    }

    public async Task<Dictionary<string, object>> GetProperties(CancellationToken cancellationToken)
    {
        if (_input is null)
        {
            return [];
        }

        QueueStatistics statistics = await _input.GetStatisticsAsync(cancellationToken).ConfigureAwait(false);
        return new Dictionary<string, object> { [TransportInspectorPropertyKeys.QueueLength] = statistics.Ready };
    }

    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        DisposeAsync().GetAwaiter().GetResult();
    }

    /// <summary>Closing the queue gives back what was received and has not been handed out.</summary>
    private async Task DisposeAsync()
    {
        if (_leases is not null)
        {
            await _leases.DisposeAsync().ConfigureAwait(false);
        }

        await _queues.DisposeAsync().ConfigureAwait(false);
        _prefetcher?.Dispose();
    }

    /// <summary>Rebus starts synchronously.</summary>
    private DurableQueue Open(string name) => _queues.OpenAsync(name).AsTask().GetAwaiter().GetResult();
}
