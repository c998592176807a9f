namespace LogEngine.Inspection;

/// <summary>A stretch of a group that holds no whole record.</summary>
/// <param name="Offset">Where it begins.</param>
/// <param name="FirstSequence">First sequence that must have stood there.</param>
/// <param name="LastSequence">The last one; below the first where none is missing.</param>
/// <param name="EndsBatch">
/// Whether the last record of the stretch was the last of its batch; null where that is unknown.
/// </param>
internal readonly record struct RecordDamage(
    long Offset, long FirstSequence, long LastSequence, bool? EndsBatch);
