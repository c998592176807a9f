namespace LogEngine.Maintenance;

/// <summary>
/// Which segment to rewrite, and whether it is time to. docs/compaction.md has the argument.
/// </summary>
/// <param name="Threshold">Dead share of all from which on there is something to do.</param>
/// <param name="SegmentBytes">Size of a segment.</param>
internal sealed record CostBenefit(double Threshold, long SegmentBytes)
{
    /// <summary>Rewriting nine parts to win one is not worth it, whatever the others are like.</summary>
    private const double LeastDeadShare = 0.1;

    /// <summary>
    /// A segment is put off if it is likely to be dead within so many times the log that rewriting it
    /// would write: space that comes back by itself is not worth that much.
    /// </summary>
    private const int PutOffWithin = 20;

    /// <summary>Segments of dead bytes that may wait in that way, whatever the threshold.</summary>
    private const int Patience = 2;

    /// <summary>
    /// Part of the threshold that is left when nothing is being written: what is rewritten then stays
    /// as it is for a while, and disturbs nobody.
    /// </summary>
    private const double PartAtRest = 0.8;

    /// <summary>Dead bytes above what is allowed that are not worth a step: part of a segment.</summary>
    private const int SlackPart = 64;

    /// <summary>Dead share up to which dying segments are put off: a half where a quarter is allowed.</summary>
    private double PatientShare => Math.Min(2 * Threshold, (1 + Threshold) / 2);

    /// <summary>Index of the segment to rewrite; -1 for none.</summary>
    /// <param name="segments">Sealed ones that hold something live and may be rewritten.</param>
    /// <param name="activity">How long nothing was written.</param>
    internal int Choose(IReadOnlyList<SegmentWear> segments, WriteActivity activity)
    {
        long total = segments.Sum(s => s.SpaceBytes);
        long dead = segments.Sum(s => s.DeadBytes);
        double allowed = Threshold * total
            * (activity == WriteActivity.Busy ? 1 : PartAtRest);
        if (dead - allowed <= SegmentBytes / SlackPart)
        {
            return -1;
        }

        bool patient = activity != WriteActivity.Ended
            && dead <= (PatientShare * total) + (Patience * SegmentBytes);
        int best = -1;
        double most = 0;
        for (int i = 0; i < segments.Count; i++)
        {
            SegmentWear segment = segments[i];
            if (segment.DeadShare <= Math.Min(LeastDeadShare, Threshold)
                || (patient && segment.RestBytes <= PutOffWithin * segment.RewrittenBytes))
            {
                continue;
            }

            double worth = Worth(segment, total);
            if (best < 0 || worth > most)
            {
                best = i;
                most = worth;
            }
        }

        return best;
    }

    /// <summary>
    /// Space won, times how long it stays won, for what is read and written to win it. A segment
    /// that would be dead soon anyway wins its space only until then; beyond the log that is as long
    /// as everything there is, soon and late make no difference.
    /// </summary>
    private static double Worth(in SegmentWear segment, long total) =>
        segment.DeadShare * Math.Min(segment.RestBytes, total) / (2 - segment.DeadShare);
}
