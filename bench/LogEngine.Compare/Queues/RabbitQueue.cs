using System.Threading.Channels;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace LogEngine.Compare.Queues;

/// <summary>
/// A quorum queue of a RabbitMQ broker on this machine, publisher confirms awaited one by one over
/// several channels; the broker pushes, acknowledgements are sent and not confirmed by its protocol.
/// </summary>
internal sealed class RabbitQueue : IBenchQueue
{
    private const int Channels = 16;

    private readonly IConnection _connection;
    private readonly IChannel[] _publishing;
    private readonly IChannel _consuming;
    private readonly string _queue;
    private readonly Channel<(byte[] Body, ulong Tag)> _received =
        Channel.CreateUnbounded<(byte[], ulong)>();
    private int _next;

    private RabbitQueue(
        IConnection connection, IChannel[] publishing, IChannel consuming, string queue)
    {
        _connection = connection;
        _publishing = publishing;
        _consuming = consuming;
        _queue = queue;
    }

    public string Note => $"quorum queue, one node, confirms, {Channels} channels";

    /// <summary>Why it cannot be measured here; null where it can.</summary>
    internal static async Task<string?> WhyMissingAsync()
    {
        try
        {
            await using IConnection connection = await ConnectAsync();
            return null;
        }
        catch (RabbitMQ.Client.Exceptions.BrokerUnreachableException)
        {
            return "no broker on localhost:5672 (Debian: rabbitmq-server)";
        }
    }

    internal static async Task<RabbitQueue> OpenAsync()
    {
        IConnection connection = await ConnectAsync();
        string name = $"logengine-compare-{Guid.NewGuid():N}";
        IChannel[] publishing = new IChannel[Channels];
        for (int i = 0; i < Channels; i++)
        {
            publishing[i] = await connection.CreateChannelAsync(new CreateChannelOptions(
                publisherConfirmationsEnabled: true,
                publisherConfirmationTrackingEnabled: true,
                outstandingPublisherConfirmationsRateLimiter: null));
        }

        IChannel consuming = await connection.CreateChannelAsync();
        await consuming.QueueDeclareAsync(
            name,
            durable: true,
            exclusive: false,
            autoDelete: false,
            new Dictionary<string, object?> { ["x-queue-type"] = "quorum" });
        await consuming.BasicQosAsync(0, 2000, global: false);
        RabbitQueue queue = new(connection, publishing, consuming, name);
        AsyncEventingBasicConsumer consumer = new(consuming);
        consumer.ReceivedAsync += (_, message) =>
        {
            queue._received.Writer.TryWrite((message.Body.ToArray(), message.DeliveryTag));
            return Task.CompletedTask;
        };
        await consuming.BasicConsumeAsync(name, autoAck: false, consumer);
        return queue;
    }

    public async ValueTask EnqueueAsync(ReadOnlyMemory<byte> body)
    {
        IChannel channel = _publishing[(uint)Interlocked.Increment(ref _next) % Channels];
        BasicProperties properties = new() { Persistent = true };
        await channel.BasicPublishAsync("", _queue, mandatory: false, properties, body)
            .ConfigureAwait(false);
    }

    public async ValueTask<(ReadOnlyMemory<byte> Body, object Receipt)> ReceiveAsync()
    {
        (byte[] body, ulong tag) = await _received.Reader.ReadAsync().ConfigureAwait(false);
        return (body, tag);
    }

    public ValueTask AcknowledgeAsync(object receipt) =>
        _consuming.BasicAckAsync((ulong)receipt, multiple: false);

    public async ValueTask DisposeAsync()
    {
        await _consuming.QueueDeleteAsync(_queue);
        await _connection.CloseAsync();
        await _connection.DisposeAsync();
    }

    private static Task<IConnection> ConnectAsync() => new ConnectionFactory
    {
        HostName = "localhost",
        ConsumerDispatchConcurrency = 1,
    }.CreateConnectionAsync();
}
