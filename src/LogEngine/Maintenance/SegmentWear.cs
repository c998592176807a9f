namespace LogEngine.Maintenance;

/// <summary>What is left of a sealed segment, and how fast it goes.</summary>
/// <param name="SpaceBytes">Bytes that its groups take.</param>
/// <param name="LiveBytes">Bytes of records that the index points at.</param>
/// <param name="RewrittenBytes">Bytes that these would take elsewhere, padding included.</param>
/// <param name="DeathRate">Bytes of it that lately died for each byte of log.</param>
/// <param name="AgeBytes">Bytes of log since it was full.</param>
internal readonly record struct SegmentWear(
    long SpaceBytes, long LiveBytes, long RewrittenBytes, double DeathRate, double AgeBytes)
{
    /// <summary>Bytes that rewriting it gives back.</summary>
    internal long DeadBytes => Math.Max(0, SpaceBytes - RewrittenBytes);

    internal double DeadShare => (double)DeadBytes / SpaceBytes;

    /// <summary>
    /// Bytes of log for which what lives in it is likely to stay: until all has died as it lately
    /// did, but no longer than it has lived yet, since most of what is young dies young.
    /// </summary>
    internal double RestBytes =>
        DeathRate > 0 ? Math.Min(LiveBytes / DeathRate, AgeBytes) : AgeBytes;

    /// <summary>
    /// What live records take once they are rewritten: as many as go together into a group of their
    /// own, which ends at a multiple of the alignment.
    /// </summary>
    /// <param name="liveBytes">Their bytes.</param>
    /// <param name="records">How many they are.</param>
    /// <param name="mostBytes">Most bytes of them in a group.</param>
    /// <param name="mostRecords">So many and those that fit into the last block are a group.</param>
    /// <param name="headerBytes">A group's header.</param>
    /// <param name="alignment">Of groups.</param>
    internal static long Rewritten(
        long liveBytes,
        long records,
        long mostBytes,
        int mostRecords,
        int headerBytes,
        int alignment)
    {
        if (records <= 0)
        {
            return 0;
        }

        double each = (double)liveBytes / records;
        double fit = Math.Max(1, Math.Floor(mostBytes / each));
        double group = Math.Ceiling((headerBytes + (Math.Min(fit, mostRecords) * each)) / alignment)
            * alignment;
        double inGroup = Math.Min(fit, Math.Floor((group - headerBytes) / each));

        // In part groups: what one segment leaves of the last, the next one fills.
        return (long)(records / inGroup * group);
    }
}
