namespace LogEngine.Compare.StoreItems;

/// <summary>A way of writing items durably, one after the other, by many workers.</summary>
internal interface IItemWriter : IAsyncDisposable
{
    /// <summary>Whether workers are threads that block, or tasks.</summary>
    bool IsBlocking { get; }

    /// <summary>Writes a worker's next item; on return it is durable.</summary>
    void Write(int worker, long number, byte[] content);

    /// <summary>Writes a worker's next item; it is durable when the task completes.</summary>
    ValueTask WriteAsync(int worker, long number, byte[] content);
}
