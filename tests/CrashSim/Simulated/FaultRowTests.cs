using LogEngine.Testing;
using LogEngine.Testing.Disk;
using LogEngine.Testing.Running;

namespace LogEngine.CrashSim.Simulated;

/// <summary>Rows in which the disk fails while the log runs.</summary>
public sealed class FaultRowTests
{
    private const int Io = 5;
    private const int NoSpace = 28;
    private const int ReadOnlyFileSystem = 30;

    [Fact]
    public void Row17_Read_errors_once_and_sticky() => Strike(
        17,
        Both(new PlannedFault
        {
            Kinds = OperationKinds.Read | OperationKinds.Look,
            ErrorNumber = Io,
        }));

    [Fact]
    public void Row18_Any_operation_fails_once_and_sticky() => Strike(
        18,
        [
            .. Both(new PlannedFault { Kinds = OperationKinds.All, ErrorNumber = Io }),
            .. Both(new PlannedFault { Kinds = OperationKinds.Changes, ErrorNumber = NoSpace }),
        ]);

    [Fact]
    public void Row19_Sync_fails_and_the_next_one_succeeds_on_lost_pages() => Strike(
        19,
        [
            new PlannedFault { Kinds = OperationKinds.DataSync, ErrorNumber = Io },
            new PlannedFault { Kinds = OperationKinds.DataSync, LosesPages = false },
            new PlannedFault { Kinds = OperationKinds.SyncDirectory, ErrorNumber = Io },
        ]);

    /// <summary>Each of these runs ends with a restart on the old cache and a power cut.</summary>
    [Fact]
    public void Row20_Sync_fails_kill_restart_reads_the_cache_power_cut() => Strike(
        20, [new PlannedFault { Kinds = OperationKinds.DataSync, PathPart = ".seg" }]);

    [Fact]
    public void Row21_Short_writes() => Strike(
        21,
        [
            .. ((int[])[0, 8, 512, 4096, 5000]).Select(bytes => new PlannedFault
            {
                Kinds = OperationKinds.Write,
                ErrorNumber = bytes == 0 ? Io : NoSpace,
                BytesWritten = bytes,
            }),
        ]);

    [Fact]
    public void Row23_Full_disk_at_every_size()
    {
        RowResult result = new();
        Parallel.ForEach(FaultHunt.Workloads, workload =>
        {
            for (int pages = 0; pages < 160; pages += 3)
            {
                int capacity = pages;
                FaultHunt.RunOnce(
                    workload,
                    $"capacity of {pages} pages",
                    disk => disk.CapacityPages = capacity,
                    disk => disk.CapacityPages = long.MaxValue,
                    result);
            }
        });
        Report(23, result);
    }

    [Fact]
    public void Row32_Descriptors_exhausted_at_every_number()
    {
        RowResult result = new();
        Parallel.ForEach(FaultHunt.Workloads, workload =>
        {
            for (int limit = 0; limit < 24; limit++)
            {
                int most = limit;
                FaultHunt.RunOnce(
                    workload,
                    $"limit of {limit} descriptors",
                    disk => disk.DescriptorLimit = most,
                    disk => disk.DescriptorLimit = int.MaxValue,
                    result);
            }
        });
        Report(32, result);
    }

    /// <summary>
    /// A writer on a real kernel lost its descriptors just after it had made a spare, so that the
    /// directory could not be opened for its sync. That was taken for a failed sync and faulted the
    /// log for good, although nothing had been tried.
    /// </summary>
    [Fact]
    public void Row32_A_directory_that_cannot_be_opened_for_its_sync_is_no_fault()
    {
        SimulatedMachine machine = new(new SimulatedFileSystem(), 32);
        WriteAheadLog log = machine.Open(Workload.Directory, FaultHunt.Workloads.First().Options);
        machine.Disk.Faults.Add(new PlannedFault
        {
            Kinds = OperationKinds.SyncDirectory,
            ErrorNumber = 24,
            Sticky = true,
        });
        StorageIOException refused = Assert.Throws<StorageIOException>(() =>
        {
            while (log.LastSequence < 1000)
            {
                machine.Wait(log.AppendAsync(new byte[12_000]).AsTask());
            }
        });
        Assert.Equal(24, refused.ErrorNumber);
        Assert.False(log.Faulted.IsCompleted);

        machine.Disk.Faults.Clear();
        long last = log.LastSequence;
        Assert.Equal(last + 1, machine.Wait(log.AppendAsync(new byte[12_000]).AsTask()));
        machine.Wait(log.CloseAsync().AsTask());
    }

    [Fact]
    public void Row33_File_system_becomes_read_only() => Strike(
        33,
        [
            new PlannedFault
            {
                Kinds = OperationKinds.Changes, ErrorNumber = ReadOnlyFileSystem, Sticky = true,
            },
        ]);

    private static PlannedFault[] Both(PlannedFault fault) => [fault, fault with { Sticky = true }];

    private static void Strike(int row, PlannedFault[] faults)
    {
        RowResult result = new();
        Parallel.ForEach(
            FaultHunt.Workloads.SelectMany(w => faults.Select(f => (w, f))),
            pair => FaultHunt.Run(pair.w, pair.f, result));
        Report(row, result);
    }

    private static void Report(int row, RowResult result)
    {
        FaultReport.Row(row, "S", result.States, result.Distinct, result.Failures.Count);
        Assert.True(result.States > 0, $"No state of row {row} was tried.");
        Assert.True(!result.HasFailed, string.Join(Environment.NewLine, result.Failures.Take(3)));
    }
}
