namespace LogEngine.Compare.Queues;

/// <summary>What a caller asks of the thread that owns the connection.</summary>
internal sealed class SqliteQueueRequest
{
    /// <summary>Body to enqueue; null for something else.</summary>
    internal byte[]? Body { get; init; }

    /// <summary>Message to acknowledge; 0 for something else.</summary>
    internal long Acknowledge { get; init; }

    /// <summary>Completes with the message received, or with nothing.</summary>
    internal TaskCompletionSource<(byte[] Body, long Id)> Done { get; } =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>What it is to complete with, once its transaction is committed.</summary>
    internal (byte[] Body, long Id) Result { get; set; }
}
