namespace LogEngine.Stores.Shared;

/// <summary>What ends an engine under those who wait for something in it.</summary>
internal static class EngineEnd
{
    /// <summary>Why an engine that stops does: what faulted it, or that it is being closed.</summary>
    internal static Exception CauseOf(StorageEngine engine) =>
        engine.Faulted is { IsCompletedSuccessfully: true } faulted
            ? faulted.Result
            : new ObjectDisposedException(nameof(StorageEngine));

    /// <exception cref="ObjectDisposedException">The engine was closed.</exception>
    /// <exception cref="StorageFaultedException">The engine faulted.</exception>
    internal static void ThrowIf(Exception? cause)
    {
        if (cause is not null)
        {
            throw cause is ObjectDisposedException
                ? new ObjectDisposedException(nameof(StorageEngine))
                : cause;
        }
    }
}
