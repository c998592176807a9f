using LogEngine.Format;
using LogEngine.Testing.Crash;
using LogEngine.Testing.Disk;
using LogEngine.Testing.Oracle;

namespace LogEngine.CrashSim.Simulated;

/// <summary>Flips bits of a log of three segments, one at a time.</summary>
internal static class BitFlips
{
    /// <summary>
    /// Three segments of a few groups; not closed; everything acknowledged is attested.
    /// </summary>
    internal static Workload ThreeSegments(int seed) => new(
        [
            LogStep.Power, LogStep.Batch, LogStep.Power, LogStep.Kill,
            LogStep.Power, LogStep.Three, LogStep.Power, LogStep.Kill,
            LogStep.Power, LogStep.Batch, LogStep.Power, LogStep.Power,
        ],
        seed);

    /// <summary>
    /// Every bit of headers; of payload every bit, or one by chance in each byte.
    /// </summary>
    internal static void Run(FinishedLog log, bool everyBit, RowResult mid, RowResult last)
    {
        Random chance = new(log.Workload.Seed);
        long lastAttested = LastAttested(log);
        foreach ((string name, ImageFile file) in log.Segments)
        {
            SegmentHeader? header = ReadHeader(file.Content);
            if (header is null)
            {
                continue;
            }

            for (long bit = 0; bit < SegmentHeader.Size * 8; bit++)
            {
                Flip(log, name, bit, log.Whole.Last, mid);
            }

            foreach (GroupHeader group in FinishedLog.Groups(file.Content)
                .Where(g => g.SegmentId == header.SegmentId && g.Salt == header.Salt))
            {
                bool attested = group.NextSequence - 1 <= lastAttested;
                RowResult row = attested ? mid : last;
                long mayCutTo = attested ? log.Whole.Last : group.FirstSequence - 1;
                foreach (long bit in Bits(group, everyBit, chance))
                {
                    Flip(log, name, bit, mayCutTo, row);
                }
            }
        }
    }

    private static IEnumerable<long> Bits(GroupHeader group, bool everyBit, Random chance)
    {
        for (long bit = group.Offset * 8; bit < (group.Offset + GroupHeader.Size) * 8; bit++)
        {
            yield return bit;
        }

        long start = group.Offset + GroupHeader.Size;
        for (long at = start; at < group.Offset + group.Length; at++)
        {
            // Record headers lie among the payload; their first is here, all are under 'every bit'.
            if (everyBit || at < start + RecordHeader.Size)
            {
                for (int i = 0; i < 8; i++)
                {
                    yield return (at * 8) + i;
                }
            }
            else
            {
                yield return (at * 8) + chance.Next(8);
            }
        }
    }

    private static void Flip(
        FinishedLog log, string name, long bit, long mayCutTo, RowResult row)
    {
        CrashImage damaged = log.With(name, content =>
        {
            byte[] one = new byte[1];
            content.Read(one, bit / 8);
            one[0] ^= (byte)(1 << (int)(bit % 8));
            content.Put(one, bit / 8);
        });
        RecoveredState found = log.Open(damaged);
        row.Add(1, 1);
        if (log.Violation(found, mayCutTo) is { } problem)
        {
            row.Fail($"{log.Workload}: bit {bit % 8} of byte {bit / 8} of {name}: {problem}");
        }
    }

    private static SegmentHeader? ReadHeader(SimContent content)
    {
        byte[] block = new byte[SegmentHeader.Size];
        content.Read(block, 0);
        SegmentHeader.Read(block, forWriting: true, out SegmentHeader? header);
        return header;
    }

    /// <summary>The highest sequence that a mark or a segment header names as durable.</summary>
    private static long LastAttested(FinishedLog log) => log.Segments
        .SelectMany(s => FinishedLog.Groups(s.Value.Content).Select(g => g.Mark.Sequence)
            .Append((ReadHeader(s.Value.Content)?.FirstSequence ?? 1) - 1))
        .Max();
}
