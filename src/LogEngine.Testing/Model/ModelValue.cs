namespace LogEngine.Testing.Model;

/// <summary>What a key has in the model.</summary>
/// <param name="Hash">Of the value.</param>
/// <param name="Batch">The batch that put it; null for one of an earlier life.</param>
/// <param name="Operation">Its place in the batch.</param>
/// <param name="Version">Its version; 0 where the batch's sequences are not known.</param>
/// <param name="ExpiresTicks">From when it is absent; 0 for never.</param>
internal readonly record struct ModelValue(
    ulong Hash, SubmittedBatch? Batch, int Operation, long Version, long ExpiresTicks)
{
    internal bool IsExpired(long ticks) => ExpiresTicks != 0 && ExpiresTicks <= ticks;
}
