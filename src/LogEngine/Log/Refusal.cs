namespace LogEngine.Log;

/// <summary>Why an append was refused: each caller gets an exception of its own.</summary>
internal static class Refusal
{
    internal static Exception Of(Exception reason) => reason switch
    {
        StorageFullException full =>
            new StorageFullException(full.Path, "the disk or quota is full", full),
        StorageIOException error => new StorageIOException(error),
        _ => reason,
    };
}
