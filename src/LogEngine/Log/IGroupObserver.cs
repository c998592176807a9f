namespace LogEngine.Log;

/// <summary>
/// Follows what is committed, in order: the index of the engine. All calls come from whoever has
/// the commit role, one at a time.
/// </summary>
/// <remarks>
/// Records are applied to a pending state before they are written, since late batches are judged
/// against it; they are shown to readers only when the group is written. After a fault nothing is
/// shown any more.
/// </remarks>
internal interface IGroupObserver
{
    /// <summary>Takes in records of a sealed group that is going to be written.</summary>
    /// <param name="segment">Where they go to.</param>
    /// <param name="offset">Offset in the segment's file of the first record's header.</param>
    /// <param name="records">The encoded records, one behind the other.</param>
    void Apply(Segment segment, long offset, ReadOnlySpan<byte> records);

    /// <summary>Everything applied has been written: readers may see it now.</summary>
    void Publish();

    /// <summary>The log is faulted: what was applied and not published is dropped.</summary>
    void Discard();
}
