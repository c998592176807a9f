using LogEngine.Testing;
using LogEngine.Testing.Disk;
using LogEngine.Testing.Running;

namespace LogEngine.CrashSim.Simulated;

/// <summary>
/// Rows about locks, clocks, slow disks, cancellation; and the simulation itself.
/// </summary>
public sealed class EnvironmentRowTests
{
    private static readonly WriteAheadLogOptions _options = new Workload([], 0).Options;

    [Fact]
    public void Row29_A_second_writer_is_refused_and_a_dead_ones_lock_is_free()
    {
        SimulatedFileSystem disk = new();
        SimulatedMachine first = new(disk, 1);
        first.Open(Workload.Directory, _options);
        SimulatedMachine second = new(disk, 2);
        Assert.Throws<DirectoryLockedException>(() => second.Open(Workload.Directory, _options));

        first.Kill();
        second.Wait(second.Open(Workload.Directory, _options).CloseAsync().AsTask());
        FaultReport.Row(29, "S", 2, 2, 0);
    }

    [Theory]
    [InlineData(37)]
    [InlineData(95)]
    public void Row30_Unsupported_locks_are_refused(int errorNumber)
    {
        SimulatedMachine machine = new(new SimulatedFileSystem(), 1);
        machine.Disk.Faults.Add(new PlannedFault
        {
            Kinds = OperationKinds.Lock,
            ErrorNumber = errorNumber,
            Sticky = true,
        });
        StorageIOException error = Assert.Throws<StorageIOException>(
            () => machine.Open(Workload.Directory, _options));
        Assert.Equal(errorNumber, error.ErrorNumber);
        Assert.Empty(machine.Disk.OpenFiles);
        FaultReport.Row(30, "S", 1, 1, 0);
    }

    [Fact]
    public void Row31_Jumping_clocks_change_neither_order_nor_progress()
    {
        SimulatedMachine machine = new(new SimulatedFileSystem(), 1);
        WriteAheadLog log = machine.Open(Workload.Directory, _options);
        Random chance = new(31);
        const int Jumps = 400;
        for (int i = 1; i <= Jumps; i++)
        {
            machine.Time.WallOffset = TimeSpan.FromDays(chance.Next(-3000, 3000));
            machine.Time.Advance(TimeSpan.FromHours(chance.Next(3) == 0 ? chance.Next(1000) : 0));
            Task<long> append = log.AppendAsync(BitConverter.GetBytes(i)).AsTask();
            Assert.Equal(i, machine.Wait(append));
        }

        using LogReader reader = log.OpenReader(1);
        DateTimeOffset last = DateTimeOffset.MinValue;
        for (int i = 1; reader.TryRead(out StoredRecord record); i++)
        {
            Assert.Equal(i, BitConverter.ToInt32(record.Payload));
            Assert.True(record.Time >= last, "group times went back");
            last = record.Time;
        }

        Assert.Equal(Jumps + 1, reader.NextSequence);
        FaultReport.Row(31, "S", Jumps, Jumps, 0);
    }

    [Fact]
    public void Row38_While_the_disk_hangs_nothing_is_acknowledged_and_memory_is_bounded()
    {
        SimulatedMachine machine = new(new SimulatedFileSystem(), 1);
        WriteAheadLog log = machine.Open(Workload.Directory, _options);
        machine.Scheduler.RunToIdle();

        // Nothing runs until the simulation is told to: the disk hangs.
        List<Task<long>> appends = [];
        int taken = 0;
        for (int i = 0; i < 200; i++)
        {
            appends.Add(log.AppendAsync(new byte[1000]).AsTask());
            taken += log.TryAppend(new byte[1000], out _) ? 1 : 0;
        }

        Assert.All(appends, a => Assert.False(a.IsCompleted));
        Assert.True(taken * 1000 <= 2 * _options.GroupCapBytes, $"{taken} were taken");
        Assert.Equal(0, log.DurableSequence);

        machine.Wait(Task.WhenAll(appends));
        Assert.Equal(200 + taken, log.DurableSequence);
        FaultReport.Row(38, "S", 200, 200, 0);
    }

    [Fact]
    public void Row40_Cancellation_at_every_moment_loses_nothing_and_adds_nothing()
    {
        int states = 0;
        for (int moment = 0; moment < 120; moment++)
        {
            states += CancelAt(moment);
        }

        FaultReport.Row(40, "S", states, states, 0);
    }

    [Fact]
    public void The_same_seed_gives_the_same_trace_and_another_seed_another()
    {
        foreach (Workload workload in CrashHunt.Workloads(CrashHunt.Deep, 50))
        {
            Recording first = WorkloadRun.Record(workload);
            Recording second = WorkloadRun.Record(workload);
            Assert.Equal(first.TraceHash, second.TraceHash);
            Assert.Equal(first.Points.Count, second.Points.Count);
        }

        ulong[] hashes =
        [
            .. Enumerable.Range(1, 8).Select(
                seed => WorkloadRun.Record(new Workload(CrashHunt.Deep[1], seed)).TraceHash),
        ];
        Assert.True(hashes.Distinct().Count() > 1, "Eight seeds ran in the same order.");
    }

    /// <summary>Cancels four appends after so many pieces of work.</summary>
    private static int CancelAt(int moment)
    {
        SimulatedMachine machine = new(new SimulatedFileSystem(), moment);
        WriteAheadLog log = machine.Open(Workload.Directory, _options);
        using CancellationTokenSource source = new();
        Task<long>[] cancelled =
        [
            .. Enumerable.Range(0, 4).Select(
                i => log.AppendAsync(new byte[6000 + i], Durability.PowerLoss, source.Token)
                    .AsTask()),
        ];
        Task<long> kept = log.AppendAsync(new byte[5]).AsTask();
        for (int i = 0; i < moment && machine.Scheduler.RunOne(); i++)
        {
        }

        source.Cancel();
        machine.Wait(kept);
        machine.Scheduler.RunToIdle();

        List<int> lengths = [];
        using (LogReader reader = log.OpenReader(1))
        {
            while (reader.TryRead(out StoredRecord record))
            {
                lengths.Add(record.Payload.Length);
            }
        }

        for (int i = 0; i < cancelled.Length; i++)
        {
            bool there = lengths.Contains(6000 + i);
            bool allowed = cancelled[i].IsCompletedSuccessfully
                ? there
                : cancelled[i].Exception?.InnerException is not AppendCanceledException c
                    ? cancelled[i].IsCanceled
                    : c.MayBeWritten || !there;
            Assert.True(allowed, $"moment {moment}, {i}: there {there}, {cancelled[i].Status}");
        }

        Assert.Contains(5, lengths);
        machine.Wait(log.CloseAsync().AsTask());
        return 1;
    }
}
