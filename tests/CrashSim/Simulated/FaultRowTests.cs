using LogEngine.Testing;
using LogEngine.Testing.Disk;
using LogEngine.Testing.Running;
using static LogEngine.CrashSim.Simulated.ErrorNumbers;

namespace LogEngine.CrashSim.Simulated;

/// <summary>Rows in which the disk fails while the log runs.</summary>
public sealed class FaultRowTests
{
    [Fact]
    public void Row17_Read_errors_once_and_sticky() => Strike(17, FaultHunt.ReadErrors);

    [Fact]
    public void Row18_Any_operation_fails_once_and_sticky() => Strike(
        18,
        [
            .. FaultHunt.Both(OperationKinds.All, Io),
            .. FaultHunt.Both(OperationKinds.Changes, NoSpace),
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
        result.MustHold(23);
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
        result.MustHold(32);
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
            ErrorNumber = NoDescriptors,
            Sticky = true,
        });
        StorageIOException refused = Assert.Throws<StorageIOException>(() =>
        {
            while (log.LastSequence < 1000)
            {
                machine.Wait(log.AppendAsync(new byte[12_000]).AsTask());
            }
        });
        Assert.Equal(NoDescriptors, refused.ErrorNumber);
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

    private static void Strike(int row, PlannedFault[] faults)
    {
        RowResult result = new();
        Parallel.ForEach(
            FaultHunt.Workloads.SelectMany(w => faults.Select(f => (w, f))),
            pair => FaultHunt.Run(pair.w, pair.f, result));
        result.MustHold(row);
    }
}
