namespace LogEngine.Compare.Queues;

/// <summary>A queue under measurement: each call completes when what it did is durable.</summary>
internal interface IBenchQueue : IAsyncDisposable
{
    /// <summary>How it works, for the table.</summary>
    string Note { get; }

    /// <summary>Enqueues a message.</summary>
    ValueTask EnqueueAsync(ReadOnlyMemory<byte> body);

    /// <summary>Receives a message, waiting for one; gives its body and what acknowledges it.</summary>
    ValueTask<(ReadOnlyMemory<byte> Body, object Receipt)> ReceiveAsync();

    /// <summary>Acknowledges a message.</summary>
    ValueTask AcknowledgeAsync(object receipt);
}
