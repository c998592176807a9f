using LogEngine.Backups;
using LogEngine.Storage;
using LogEngine.Testing;
using LogEngine.Testing.Crash;
using LogEngine.Testing.Disk;
using LogEngine.Testing.Running;

namespace LogEngine.CrashSim.Simulated;

/// <summary>
/// A backup and a restore of a log that is truncated meanwhile, crashed at every change of the disk and
/// failed at every call: the old backup or the new one can be restored, and the next one goes on.
/// </summary>
public sealed class LogBackupCrashTests
{
    private const int Seed = 31;

    private static readonly string Source = Path.GetFullPath("/source");
    private static readonly string Backup = Path.GetFullPath("/backup");
    private static readonly string Restored = Path.GetFullPath("/restored");

    [Fact]
    public void After_a_crash_of_an_incremental_backup_the_old_or_the_new_one_is_there()
    {
        using PlainContext plain = PlainContext.Enter();
        SimulatedMachine machine = new(new SimulatedFileSystem(), Seed);
        WriteAheadLog log = machine.Open(Source, SimulatedDisk.SmallLog);
        List<string> before = Prepare(machine, log);
        List<string> after = Contents(log);
        List<DiskSnapshot> points = Record(machine, () => BackUp(machine, log));
        bool[] seen = new bool[2];
        foreach (SimulatedMachine crashed in Crashes(points))
        {
            List<string> found = RestoreAndRead(crashed);
            Assert.True(
                found.SequenceEqual(before) || found.SequenceEqual(after),
                $"{found.Count} records, neither the old nor the new backup");
            seen[found.SequenceEqual(after) ? 1 : 0] = true;

            // What was cut off continues, and nothing of it is left over.
            WriteAheadLog again = crashed.Open(Source, SimulatedDisk.SmallLog);
            List<string> now = Contents(again);
            BackUp(crashed, again);
            Assert.Equal(now, RestoreAndRead(crashed));
            Assert.True(
                crashed.Disk.ListFiles(Backup).Count <= machine.Disk.ListFiles(Backup).Count,
                "leftovers");
        }

        Assert.Equal([true, true], seen);
    }

    [Fact]
    public void After_a_crash_of_a_first_backup_there_is_all_or_a_typed_error()
    {
        using PlainContext plain = PlainContext.Enter();
        SimulatedMachine machine = new(new SimulatedFileSystem(), Seed);
        WriteAheadLog log = machine.Open(Source, SimulatedDisk.SmallLog);
        Fill(machine, log, 60);
        machine.Wait(log.TruncateBeforeAsync(31).AsTask());
        List<string> all = Contents(log);
        List<DiskSnapshot> points = Record(machine, () => BackUp(machine, log));
        (int complete, int refused) = Count(points, crashed => RestoreAndRead(crashed), all);
        Assert.True(complete > 0 && refused > 0, $"{complete} complete, {refused} refused");
    }

    [Fact]
    public void A_restore_that_crashed_is_complete_or_refuses_to_open()
    {
        using PlainContext plain = PlainContext.Enter();
        SimulatedMachine machine = new(new SimulatedFileSystem(), Seed);
        WriteAheadLog log = machine.Open(Source, SimulatedDisk.SmallLog);
        Prepare(machine, log);
        List<string> all = Contents(log);
        BackUp(machine, log);
        List<DiskSnapshot> points = Record(machine, () => Restore(machine));
        WriteAheadLogOptions present = SimulatedDisk.SmallLog with { CreateIfMissing = false };
        (int complete, int refused) = Count(
            points, crashed => Contents(crashed.Open(Restored, present)), all);
        Assert.True(complete > 0 && refused > 0, $"{complete} complete, {refused} refused");
    }

    [Theory]
    [InlineData(5)]
    [InlineData(28)]
    public void A_backup_that_fails_at_any_call_leaves_the_old_one(int error)
    {
        using PlainContext plain = PlainContext.Enter();
        int failed = 0;
        for (int k = 1; k < 10_000; k++)
        {
            SimulatedMachine machine = new(new SimulatedFileSystem(), Seed);
            WriteAheadLog log = machine.Open(Source, SimulatedDisk.SmallLog);
            List<string> before = Prepare(machine, log);
            List<string> after = Contents(log);
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
                BackUp(machine, log);
            }
            catch (Exception thrown) when (thrown is StorageIOException or StorageFullException)
            {
                threw = true;
            }

            machine.Disk.Faults.Clear();
            List<string> found = RestoreAndRead(machine);
            Assert.True(found.SequenceEqual(before) || found.SequenceEqual(after), $"call {k}");
            Fill(machine, log, 5);
            BackUp(machine, log);
            Assert.Equal(Contents(log), RestoreAndRead(machine));
            if (!threw)
            {
                Assert.True(failed > 10, $"{failed} failing calls");
                return;
            }

            failed++;
        }

        Assert.Fail("no end");
    }

    /// <summary>A backup of a log that then is truncated and goes on; gives what was in it.</summary>
    private static List<string> Prepare(SimulatedMachine machine, WriteAheadLog log)
    {
        Fill(machine, log, 60);
        BackUp(machine, log);
        List<string> before = Contents(log);
        machine.Wait(log.TruncateBeforeAsync(41).AsTask());
        Fill(machine, log, 30);
        return before;
    }

    private static (int Complete, int Refused) Count(
        List<DiskSnapshot> points, Func<SimulatedMachine, List<string>> read, List<string> all)
    {
        int complete = 0;
        int refused = 0;
        foreach (SimulatedMachine crashed in Crashes(points))
        {
            try
            {
                Assert.Equal(all, read(crashed));
                complete++;
            }
            catch (Exception error) when (error is StorageNotFoundException or WrongStoreKindException)
            {
                refused++;
            }
        }

        return (complete, refused);
    }

    private static void Fill(SimulatedMachine machine, WriteAheadLog log, int count)
    {
        for (int i = 0; i < count; i++)
        {
            machine.Wait(log.AppendAsync(
                Payloads.Of(2500, (int)log.LastSequence),
                i == count - 1 ? Durability.PowerLoss : Durability.ProcessCrash).AsTask());
        }
    }

    private static void BackUp(SimulatedMachine machine, WriteAheadLog log) =>
        machine.Wait(log.BackupAsync(Backup).AsTask());

    private static void Restore(SimulatedMachine machine) => machine.Wait(Restorer.RunAsync(
        machine.Environment, StoreKind.Log, Backup, Restored, null, CancellationToken.None).AsTask());

    private static List<string> RestoreAndRead(SimulatedMachine machine)
    {
        foreach (string name in machine.Disk.DirectoryExists(Restored)
            ? machine.Disk.ListFiles(Restored)
            : [])
        {
            machine.Disk.Unlink(Path.Combine(Restored, name));
        }

        Restore(machine);
        WriteAheadLog log = machine.Open(Restored, SimulatedDisk.SmallLog);
        List<string> found = Contents(log);
        machine.Wait(log.CloseAsync().AsTask());
        return found;
    }

    private static List<string> Contents(WriteAheadLog log)
    {
        List<string> found = [];
        using LogReader reader = log.OpenReader(log.FirstSequence);
        while (reader.TryRead(out StoredRecord record))
        {
            found.Add($"{record.Sequence} {Convert.ToHexString(record.Payload)}");
        }

        return found;
    }

    private static List<DiskSnapshot> Record(SimulatedMachine machine, Action run)
    {
        List<DiskSnapshot> points = [];
        machine.Disk.BeforeChange = disk => points.Add(disk.Snapshot());
        run();
        machine.Disk.BeforeChange = null;
        points.Add(machine.Disk.Snapshot());
        return points;
    }

    private static IEnumerable<SimulatedMachine> Crashes(List<DiskSnapshot> points)
    {
        HashSet<ulong> images = [];
        for (int i = 0; i < points.Count; i++)
        {
            CrashUnits units = CrashUnits.Of(points[i], SimPage.Size);
            foreach (bool[] keep in CrashChoices.Of(
                units.Units, exhaust: 2, pairs: 0, random: 1, Seed + i))
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
