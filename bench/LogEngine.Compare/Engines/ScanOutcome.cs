namespace LogEngine.Compare.Engines;

/// <summary>What a reader saw; the suite compares it with what was written.</summary>
/// <param name="Records">Verified records.</param>
/// <param name="Bytes">Their payload bytes.</param>
/// <param name="OpenTime">Time until the log was open; null where that is nothing.</param>
/// <param name="Elapsed">Time of opening and reading; closing is no part of it.</param>
internal readonly record struct ScanOutcome(
    long Records, long Bytes, TimeSpan? OpenTime, TimeSpan Elapsed);
