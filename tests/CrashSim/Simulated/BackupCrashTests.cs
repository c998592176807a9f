using System.Text;
using LogEngine.Backups;
using LogEngine.Storage;
using LogEngine.Testing;
using LogEngine.Testing.Crash;
using LogEngine.Testing.Disk;
using LogEngine.Testing.Running;

namespace LogEngine.CrashSim.Simulated;

/// <summary>
/// A backup and a restore, crashed at every change of the disk: the old backup or the new one can be
/// restored, and what cannot be opened says so.
/// </summary>
public sealed class BackupCrashTests
{
    private const int Seed = 20;

    private static readonly string Source = Path.GetFullPath("/source");
    private static readonly string Backup = Path.GetFullPath("/backup");
    private static readonly string Restored = Path.GetFullPath("/restored");

    private static readonly StorageEngineOptions Options = new()
    {
        SegmentSizeBytes = WriteAheadLogOptions.MinSegmentSizeBytes,
        GroupCapBytes = WriteAheadLogOptions.MinGroupCapBytes,
        SpareSegments = 1,
        CacheBytes = 1 << 16,
        CompactionThreshold = 1,
    };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void After_a_crash_of_an_incremental_backup_the_old_or_the_new_one_is_there(bool compact)
    {
        SimulatedMachine machine = new(new SimulatedFileSystem(), Seed);
        EmbeddedEngine engine = Open(machine, Source);
        Fill(machine, engine, 0, 60);
        Wait(machine, engine.SnapshotAsync().AsTask());
        Wait(machine, engine.BackupAsync(Backup).AsTask());
        List<string> before = Contents(engine);

        Fill(machine, engine, 40, 70);
        if (compact)
        {
            Wait(machine, engine.CompactAsync().AsTask());
        }

        List<string> after = Contents(engine);
        List<DiskSnapshot> points = Record(
            machine, () => Wait(machine, engine.BackupAsync(Backup).AsTask()));
        bool[] seen = new bool[2];
        int states = 0;
        foreach (SimulatedMachine crashed in Crashes(points).Where((_, i) => i % 2 == 0))
        {
            List<string> found = RestoreAndRead(crashed);
            Assert.True(
                found.SequenceEqual(before) || found.SequenceEqual(after),
                $"state {states}: {found.Count} values, neither the old nor the new backup");
            seen[found.SequenceEqual(after) ? 1 : 0] = true;
            states++;
        }

        Assert.Equal([true, true], seen);
        Assert.True(states > 100, $"{states} states");
        Console.WriteLine($"incremental backup: {points.Count} crash points, {states} states");
    }

    [Fact]
    public void After_a_crash_of_an_incremental_backup_the_next_one_is_complete_and_tidy()
    {
        SimulatedMachine machine = new(new SimulatedFileSystem(), Seed);
        EmbeddedEngine engine = Open(machine, Source);
        Fill(machine, engine, 0, 60);
        Wait(machine, engine.BackupAsync(Backup).AsTask());
        Fill(machine, engine, 40, 70);
        List<DiskSnapshot> points = Record(
            machine, () => Wait(machine, engine.BackupAsync(Backup).AsTask()));
        int files = machine.Disk.ListFiles(Backup).Count;
        foreach (SimulatedMachine crashed in Crashes(points).Where((_, i) => i % 3 == 0))
        {
            EmbeddedEngine again = Open(crashed, Source);
            List<string> expected = Contents(again);
            Wait(crashed, again.BackupAsync(Backup).AsTask());
            Close(crashed, again);
            Assert.Equal(expected, RestoreAndRead(crashed));
            Assert.True(crashed.Disk.ListFiles(Backup).Count <= files, "leftovers");
        }
    }

    [Fact]
    public void After_a_crash_of_a_first_backup_there_is_all_or_a_typed_error()
    {
        SimulatedMachine machine = new(new SimulatedFileSystem(), Seed);
        EmbeddedEngine engine = Open(machine, Source);
        Fill(machine, engine, 0, 60);
        List<string> all = Contents(engine);
        List<DiskSnapshot> points = Record(
            machine, () => Wait(machine, engine.BackupAsync(Backup).AsTask()));
        int complete = 0;
        int refused = 0;
        foreach (SimulatedMachine crashed in Crashes(points))
        {
            try
            {
                Assert.Equal(all, RestoreAndRead(crashed));
                complete++;
            }
            catch (StorageNotFoundException)
            {
                refused++;
            }
        }

        Assert.True(complete > 0 && refused > 0, $"{complete} complete, {refused} refused");
    }

    [Fact]
    public void A_restore_that_crashed_is_complete_or_refuses_to_open()
    {
        SimulatedMachine machine = new(new SimulatedFileSystem(), Seed);
        EmbeddedEngine engine = Open(machine, Source);
        Fill(machine, engine, 0, 60);
        Wait(machine, engine.SnapshotAsync().AsTask());
        Fill(machine, engine, 30, 50);
        List<string> all = Contents(engine);
        Wait(machine, engine.BackupAsync(Backup).AsTask());
        List<DiskSnapshot> points = Record(machine, () => Restore(machine));
        int complete = 0;
        int refused = 0;
        foreach (SimulatedMachine crashed in Crashes(points))
        {
            try
            {
                EmbeddedEngine restored = Open(
                    crashed, Restored, Options with { CreateIfMissing = false });
                Assert.Equal(all, Contents(restored));
                complete++;
            }
            catch (Exception error) when (error is StorageNotFoundException or WrongStoreKindException)
            {
                refused++;
            }
        }

        Assert.True(complete > 0 && refused > 0, $"{complete} complete, {refused} refused");
    }

    [Theory]
    [InlineData(5)]
    [InlineData(28)]
    public void A_backup_that_fails_at_any_call_leaves_the_old_one(int error)
    {
        int failed = 0;
        for (int k = 1; k < 10_000; k++)
        {
            SimulatedMachine machine = new(new SimulatedFileSystem(), Seed);
            EmbeddedEngine engine = Open(machine, Source);
            Fill(machine, engine, 0, 30);
            Wait(machine, engine.BackupAsync(Backup).AsTask());
            List<string> before = Contents(engine);
            Fill(machine, engine, 20, 50);
            List<string> after = Contents(engine);
            machine.Disk.Faults.Add(new PlannedFault
            {
                Kinds = OperationKinds.Changes,
                PathPart = Backup,
                Occurrence = k,
                Sticky = true,
                ErrorNumber = error,
            });
            bool threw = false;
            try
            {
                Wait(machine, engine.BackupAsync(Backup).AsTask());
            }
            catch (Exception thrown) when (thrown is StorageIOException or StorageFullException)
            {
                threw = true;
            }

            machine.Disk.Faults.Clear();
            List<string> found = RestoreAndRead(machine);
            Assert.True(found.SequenceEqual(before) || found.SequenceEqual(after), $"call {k}");
            Fill(machine, engine, 90, 95);
            Wait(machine, engine.BackupAsync(Backup).AsTask());
            if (!threw)
            {
                Assert.True(failed > 10, $"{failed} failing calls");
                return;
            }

            failed++;
        }

        Assert.Fail("no end");
    }

    private static EmbeddedEngine Open(
        SimulatedMachine machine, string path, StorageEngineOptions? options = null) =>
        Wait(machine, EmbeddedEngine.OpenAsync(
            machine.Environment,
            path,
            (options ?? Options) with { TimeProvider = machine.Time },
            CancellationToken.None).AsTask());

    /// <summary>
    /// Under the context of the test runner a continuation would go to the thread pool.
    /// </summary>
    private static T Wait<T>(SimulatedMachine machine, Task<T> task)
    {
        SynchronizationContext? before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            return machine.Wait(task);
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }
    }

    private static void Close(SimulatedMachine machine, EmbeddedEngine engine)
    {
        async Task<bool> CloseAsync()
        {
            await engine.CloseAsync().ConfigureAwait(false);
            return true;
        }

        Wait(machine, CloseAsync());
    }

    private static void Fill(SimulatedMachine machine, EmbeddedEngine engine, int from, int to)
    {
        EmbeddedKeyspace keyspace = engine.GetKeyspace("k");
        for (int i = from; i < to; i++)
        {
            Wait(machine, keyspace.PutAsync(
                Encoding.UTF8.GetBytes($"{i % 50:00}"),
                Payloads.Of(2500, i),
                i == to - 1 ? Durability.PowerLoss : Durability.ProcessCrash).AsTask());
        }
    }

    private static List<string> Contents(EmbeddedEngine engine)
    {
        List<string> found = [];
        using EmbeddedKeyScan scan = engine.GetKeyspace("k").Scan();
        while (scan.MoveNext())
        {
            found.Add(Convert.ToHexString(scan.Key) + Convert.ToHexString(scan.Value));
        }

        return found;
    }

    private static void Restore(SimulatedMachine machine) => Wait(
        machine,
        Restorer.RunAsync(
            machine.Environment, StoreKind.Engine, Backup, Restored, null, CancellationToken.None)
            .AsTask());

    private static List<string> RestoreAndRead(SimulatedMachine machine)
    {
        foreach (string name in machine.Disk.DirectoryExists(Restored)
            ? machine.Disk.ListFiles(Restored)
            : [])
        {
            machine.Disk.Unlink(Path.Combine(Restored, name));
        }

        Restore(machine);
        EmbeddedEngine engine = Open(machine, Restored);
        List<string> found = Contents(engine);
        Close(machine, engine);
        return found;
    }

    /// <summary>The disk before each change that something makes, and after the last.</summary>
    private static List<DiskSnapshot> Record(SimulatedMachine machine, Action run)
    {
        List<DiskSnapshot> points = [];
        machine.Disk.BeforeChange = disk => points.Add(disk.Snapshot());
        run();
        machine.Disk.BeforeChange = null;
        points.Add(machine.Disk.Snapshot());
        return points;
    }

    /// <summary>Machines that find what a crash at each of the points may have left.</summary>
    private static IEnumerable<SimulatedMachine> Crashes(List<DiskSnapshot> points)
    {
        HashSet<ulong> images = [];
        for (int i = 0; i < points.Count; i++)
        {
            CrashUnits units = CrashUnits.Of(points[i], SimPage.Size);
            foreach (bool[] keep in CrashChoices.Of(
                units.Units, exhaust: 3, pairs: 0, random: 2, Seed + i))
            {
                CrashImage image = units.Build(keep);
                if (images.Add(image.Hash))
                {
                    yield return new SimulatedMachine(image.Mount(), Seed + 1);
                }
            }
        }
    }
}
