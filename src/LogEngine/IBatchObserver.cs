namespace LogEngine;

/// <summary>
/// Takes part in the commit of a <see cref="WriteBatch"/>: how a store that keeps state in memory,
/// such as a queue, decides late and learns what became of it.
/// </summary>
/// <remarks>
/// Enlisted by <see cref="WriteBatch.Observe"/>. For each commit <see cref="CommittingAsync"/> is called
/// once, and after it, where it returned, <see cref="Completed"/> once, whatever happens.
/// </remarks>
public interface IBatchObserver
{
    /// <summary>
    /// The batch is about to be committed; operations and conditions may still be added. What it
    /// throws fails the commit, and nothing is written. It may read from the engine.
    /// </summary>
    /// <param name="batch">The batch.</param>
    ValueTask CommittingAsync(WriteBatch batch);

    /// <summary>
    /// The outcome is known; the caller of the commit goes on after this. Must not throw or block.
    /// Never runs on the committing thread of the engine.
    /// </summary>
    /// <param name="outcome">
    /// Written or refused; null where it failed: nothing was written, or the engine is faulted.
    /// </param>
    void Completed(CommitResult? outcome);
}
