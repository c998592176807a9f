using LogEngine.CrashSim.Simulated;
using LogEngine.Testing;
using static LogEngine.CrashSim.Simulated.ErrorNumbers;

namespace LogEngine.CrashSim.EngineFaults;

/// <summary>Rows in which the disk fails while an engine runs.</summary>
public sealed class EngineFaultRowTests
{
    /// <summary>Seconds of a row in an ordinary run.</summary>
    private const double Seconds = 8;

    /// <summary>In ordinary runs one operation in so many fails, where there are many.</summary>
    private static int Stride(int row) => row == 18 && !FaultBudget.IsLong ? 3 : 1;

    [Fact]
    public void Row17_Read_errors_once_and_sticky() => Strike(17, FaultHunt.ReadErrors);

    [Fact]
    public void Row18_Any_operation_fails_once_and_sticky() => Strike(
        18,
        [
            .. FaultHunt.Both(OperationKinds.Changes, Io),
            .. FaultHunt.Both(OperationKinds.Changes, NoSpace),
        ]);

    [Fact]
    public void Row19_Sync_fails_and_the_next_one_succeeds_on_lost_pages() => Strike(
        19,
        [
            new PlannedFault { Kinds = OperationKinds.DataSync, ErrorNumber = Io },
            new PlannedFault { Kinds = OperationKinds.SyncDirectory, ErrorNumber = Io },
        ]);

    /// <summary>
    /// Whatever fails that is no file of the log: it degrades, never faults, never loses, and is
    /// made up for once the disk works again.
    /// </summary>
    [Fact]
    public void Row23_Snapshot_and_manifest_files_fail_and_the_engine_goes_on()
    {
        RowResult result = new();
        FaultBudget budget = FaultBudget.OfAtLeast(2 * Seconds);
        PlannedFault[] faults =
        [
            .. new string[] { ".snap", "manifest" }.SelectMany(part => new int[] { Io, NoSpace }
                .SelectMany(error => FaultHunt.Both(OperationKinds.All, error, part))),
        ];
        Parallel.ForEach(faults, fault => EngineFaultHunt.Run(
            EngineFaultHunt.Maintaining, fault, result, budget, mayFault: false));
        Say("row 23, .snap and manifest", budget);
        result.MustHold(23);
    }

    [Fact]
    public void Row23_Full_disk_at_every_size()
    {
        RowResult result = new();
        Parallel.ForEach(
            EngineFaultHunt.Workloads.Append(EngineFaultHunt.Maintaining),
            workload =>
            {
                for (int pages = 0; pages < 200; pages += FaultBudget.IsLong ? 3 : 20)
                {
                    int more = pages;
                    EngineFaultHunt.RunOnce(
                        workload,
                        $"{pages} pages left",
                        disk => disk.CapacityPages = disk.UsedPages() + more,
                        disk => disk.CapacityPages = long.MaxValue,
                        result);
                }
            });
        result.MustHold(23);
    }

    [Fact]
    public void Row32_Descriptors_exhausted_at_every_number()
    {
        RowResult result = new();
        Parallel.ForEach(
            EngineFaultHunt.Workloads.Append(EngineFaultHunt.Maintaining),
            workload =>
            {
                for (int limit = 2; limit < 16; limit += 2)
                {
                    int most = limit;
                    EngineFaultHunt.RunOnce(
                        workload,
                        $"limit of {limit} descriptors",
                        disk => disk.DescriptorLimit = most,
                        disk => disk.DescriptorLimit = int.MaxValue,
                        result);
                }
            });
        result.MustHold(32);
    }

    private static void Strike(int row, PlannedFault[] faults)
    {
        RowResult result = new();
        FaultBudget budget = FaultBudget.OfAtLeast(Seconds);
        Parallel.ForEach(
            faults.SelectMany(f => EngineFaultHunt.Workloads.Select(w => (w, f))),
            pair => EngineFaultHunt.Run(pair.w, pair.f, result, budget, every: Stride(row)));
        Say($"row {row}", budget);
        result.MustHold(row);
    }

    private static void Say(string what, FaultBudget budget) => Console.WriteLine(
        $"faults of an engine's disk, {what}: {budget.Elapsed.TotalSeconds:F0} s"
        + (budget.IsOver ? ", CUT SHORT: not every operation has failed" : string.Empty));
}
