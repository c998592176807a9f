namespace LogEngine.Log;

/// <summary>Counters of one instance. Each field has one writer; readers may be a little behind.</summary>
internal sealed class LogCounters
{
    // Under the pipeline's gate.
    internal long RecordsAppended;
    internal long PayloadBytes;
    internal long BackPressureWaits;
    internal long SegmentsStarted;
    internal long SegmentsRecycled;

    // Commit role.
    internal long GroupsWritten;
    internal long BytesWritten;
    internal long Syncs;
    internal long SyncTicks;
    internal long UnpreparedGroups;
}
