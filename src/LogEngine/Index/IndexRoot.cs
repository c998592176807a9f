namespace LogEngine.Index;

/// <summary>A published state of the index; never changes.</summary>
/// <param name="PageId">Its topmost page; 0 = it is empty.</param>
/// <param name="Generation">Rises by one with each publication.</param>
/// <param name="Count">Entries.</param>
/// <param name="Sequence">The publisher's: what the state stands for.</param>
/// <param name="Tag">The publisher's: immutable facts that belong to the state.</param>
internal sealed record IndexRoot(
    uint PageId, long Generation, long Count, long Sequence, object? Tag);
