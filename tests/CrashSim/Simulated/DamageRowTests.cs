using LogEngine.Testing.Crash;

namespace LogEngine.CrashSim.Simulated;

/// <summary>Rows about bytes that were durable and are not what was written any more.</summary>
public sealed class DamageRowTests
{
    /// <summary>In addition to the sweep, which tears at sectors.</summary>
    [Fact]
    public void Row01_Torn_at_every_byte()
    {
        RowResult result = new();
        LogStep[][] sequences =
        [
            [LogStep.Power], [LogStep.Process, LogStep.Power], [LogStep.Batch],
            [LogStep.Power, LogStep.Kill, LogStep.Power],
            .. FaultBudget.IsLong ? CrashHunt.Deep : [],
        ];
        Parallel.ForEach(
            CrashHunt.Workloads(sequences, 700), workload => ByteTears.Run(workload, result));
        result.MustHold(1);
    }

    [Fact]
    public void Row04_Size_first_with_a_tail_of_old_bytes()
    {
        RowResult result = new();
        SearchDepth depth = SearchDepth.Full with { StaleBytes = true };
        Parallel.ForEach(
            CrashHunt.Workloads(Workload.Sequences(1).Concat(CrashHunt.Deep), 400),
            workload => CrashHunt.Run(workload, depth, result));
        result.MustHold(4);
    }

    [Fact]
    public void Row13_and_14_Every_header_bit_and_payload_bytes_flipped()
    {
        RowResult mid = new();
        RowResult last = new();
        Parallel.For(1, FaultBudget.IsLong ? 5 : 3, seed => BitFlips.Run(
            FinishedLog.Of(BitFlips.ThreeSegments(seed)), FaultBudget.IsLong, mid, last));
        mid.MustHold(13);
        last.MustHold(14);
    }

    [Fact]
    public void Row15_Every_bit_of_a_manifest_flipped()
    {
        RowResult result = new();
        foreach (LogStep[] steps in (LogStep[][])
            [[LogStep.Power, LogStep.Reopen], [LogStep.Roll, LogStep.Truncate, LogStep.Power]])
        {
            FinishedLog log = FinishedLog.Of(new Workload(steps, 3));
            foreach (string name in (string[])["manifest-a", "manifest-b"])
            {
                long bits = log.Image.Directories[Workload.Directory][name].Content.Length * 8;
                Parallel.For(0, bits, bit => FlipManifest(log, name, bit, result));
            }
        }

        result.MustHold(15);
    }

    [Fact]
    public void Row16_Lost_misplaced_and_doubled_writes_of_a_lying_disk_are_detected()
    {
        RowResult result = new();
        Workload[] workloads =
        [
            new([LogStep.Power, LogStep.Batch, LogStep.Power, LogStep.Reopen], 6),
            new([LogStep.Three, LogStep.Roll, LogStep.Power, LogStep.Reopen], 7),
            new([LogStep.Power, LogStep.Reopen, LogStep.Power, LogStep.Reopen], 8),
        ];
        Parallel.ForEach(workloads, workload => LyingDisk.Run(workload, result));
        StaleBodies.Run(2, result);
        result.MustHold(16);
    }

    [Fact]
    public void Row36_A_missing_segment_is_refused()
    {
        RowResult result = new();
        Workload open = BitFlips.ThreeSegments(9);
        foreach (Workload workload in (Workload[])
            [open, open with { Steps = [.. open.Steps, LogStep.Reopen] }])
        {
            FinishedLog log = FinishedLog.Of(workload);

            // The last one is the spare, or begun and empty. The one before is the head: as long
            // as it is open, nothing but itself says that it is there.
            int kept = workload == open ? 2 : 1;
            foreach ((string name, _) in log.Segments.SkipLast(kept))
            {
                Dictionary<string, ImageFile> files =
                    new(log.Image.Directories[Workload.Directory]);
                files.Remove(name);
                JudgeMissing(log, name, files, result);
            }
        }

        result.MustHold(36);
    }

    [Fact]
    public void Row37_Foreign_files_stay_and_newer_versions_are_refused()
    {
        RowResult result = new();
        FinishedLog log = FinishedLog.Of(new Workload([LogStep.Power, LogStep.Roll], 10));
        ForeignFiles.Run(log, result);
        result.MustHold(37);
    }

    private static void FlipManifest(FinishedLog log, string name, long bit, RowResult result)
    {
        CrashImage damaged = log.With(name, content =>
        {
            byte[] one = new byte[1];
            content.Read(one, bit / 8);
            one[0] ^= (byte)(1 << (int)(bit % 8));
            content.Put(one, bit / 8);
        });
        result.Add(1, [damaged.Hash]);

        // The older generation may start earlier, never later, and ends no earlier.
        if (log.Violation(log.Open(damaged), log.Whole.Last) is { } problem)
        {
            result.Fail($"{log.Workload}: bit {bit} of {name}: {problem}");
        }
    }

    private static void JudgeMissing(
        FinishedLog log, string name, Dictionary<string, ImageFile> files, RowResult result)
    {
        CrashImage damaged = log.With(files);
        result.Add(1, [damaged.Hash]);
        if (log.Violation(log.Open(damaged), log.Whole.Last) is { } problem)
        {
            result.Fail($"{log.Workload}: without {name}: {problem}");
        }
    }
}
