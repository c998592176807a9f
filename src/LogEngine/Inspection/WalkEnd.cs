namespace LogEngine.Inspection;

/// <summary>Where a walk over groups ended.</summary>
/// <param name="Offset">Where the next group would stand, or the one that failed stands.</param>
/// <param name="NextSequence">The sequence it must begin with.</param>
/// <param name="SealOffset">Where the seal stands; 0 where none was met.</param>
internal readonly record struct WalkEnd(long Offset, long NextSequence, long SealOffset);
