using LogEngine.Backups;
using LogEngine.Storage;
using LogEngine.Testing;
using LogEngine.Testing.Crash;
using LogEngine.Testing.Disk;
using LogEngine.Testing.Running;

namespace LogEngine.CrashSim.Simulated;

/// <summary>
/// A backup and a restore, crashed at every change of the disk and failed at every call: the old backup or the new
/// one can be restored, the next one goes on, and what cannot be opened says so.
/// </summary>
/// <typeparam name="TStore">What is backed up.</typeparam>
public abstract class BackupCrashTests<TStore>
{
    private const int Seed = 31;

    private static readonly string Source = Path.GetFullPath("/source");
    private static readonly string Backup = Path.GetFullPath("/backup");
    private static readonly string Restored = Path.GetFullPath("/restored");

    private protected abstract StoreKind Kind { get; }

    /// <summary>Of the states after a crash of an incremental backup, one in so many is looked at.</summary>
    private protected virtual int Every => 1;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void After_a_crash_of_an_incremental_backup_the_old_or_the_new_one_is_there(bool removes)
    {
        using PlainContext plain = PlainContext.Enter();
        SimulatedMachine machine = new(new SimulatedFileSystem(), Seed);
        TStore store = Open(machine, Source, mayCreate: true);
        Fill(machine, store, 60);
        BackUp(machine, store);
        List<string> before = Contents(store);
        Fill(machine, store, 30);
        if (removes)
        {
            Remove(machine, store);
        }

        List<string> after = Contents(store);
        List<DiskSnapshot> points = Record(machine, () => BackUp(machine, store));
        bool[] seen = new bool[2];
        foreach (SimulatedMachine crashed in Crashes(points).Where((_, i) => i % Every == 0))
        {
            List<string> found = RestoreAndRead(crashed);
            Assert.True(
                found.SequenceEqual(before) || found.SequenceEqual(after),
                $"{found.Count} values, neither the old nor the new backup");
            seen[found.SequenceEqual(after) ? 1 : 0] = true;

            // What was cut off continues, and nothing of it is left over.
            TStore again = Open(crashed, Source, mayCreate: false);
            List<string> now = Contents(again);
            BackUp(crashed, again);
            Assert.Equal(now, RestoreAndRead(crashed));
            Assert.True(
                crashed.Disk.ListFiles(Backup).Count <= machine.Disk.ListFiles(Backup).Count,
                "leftovers");
            crashed.Kill();
        }

        Assert.Equal([true, true], seen);
    }

    [Fact]
    public void After_a_crash_of_a_first_backup_there_is_all_or_a_typed_error()
    {
        using PlainContext plain = PlainContext.Enter();
        SimulatedMachine machine = new(new SimulatedFileSystem(), Seed);
        TStore store = Open(machine, Source, mayCreate: true);
        Fill(machine, store, 60);
        Remove(machine, store);
        List<string> all = Contents(store);
        List<DiskSnapshot> points = Record(machine, () => BackUp(machine, store));
        AllOrRefused(points, RestoreAndRead, all);
    }

    [Fact]
    public void A_restore_that_crashed_is_complete_or_refuses_to_open()
    {
        using PlainContext plain = PlainContext.Enter();
        SimulatedMachine machine = new(new SimulatedFileSystem(), Seed);
        TStore store = Open(machine, Source, mayCreate: true);
        Fill(machine, store, 60);
        Remove(machine, store);
        Fill(machine, store, 30);
        List<string> all = Contents(store);
        BackUp(machine, store);
        List<DiskSnapshot> points = Record(machine, () => Restore(machine));
        AllOrRefused(
            points, crashed => Contents(Open(crashed, Restored, mayCreate: false)), all);
    }

    [Theory]
    [InlineData(5)]
    [InlineData(28)]
    public void A_backup_that_fails_at_any_call_leaves_the_old_one(int error)
    {
        using PlainContext plain = PlainContext.Enter();
        for (int failed = 0; failed < 10_000; failed++)
        {
            SimulatedMachine machine = new(new SimulatedFileSystem(), Seed);
            TStore store = Open(machine, Source, mayCreate: true);
            Fill(machine, store, 40);
            BackUp(machine, store);
            List<string> before = Contents(store);
            Remove(machine, store);
            Fill(machine, store, 20);
            List<string> after = Contents(store);
            bool threw = FailsToBackUp(machine, store, failed + 1, error);
            List<string> found = RestoreAndRead(machine);
            Assert.True(
                found.SequenceEqual(before) || found.SequenceEqual(after), $"call {failed + 1}");
            Fill(machine, store, 5);
            BackUp(machine, store);
            Assert.Equal(Contents(store), RestoreAndRead(machine));
            machine.Kill();
            if (!threw)
            {
                Assert.True(failed > 10, $"{failed} failing calls");
                return;
            }
        }

        Assert.Fail("no end");
    }

    private protected abstract TStore Open(SimulatedMachine machine, string path, bool mayCreate);

    private protected abstract Task CloseAsync(TStore store);

    /// <summary>Writes so many values more, the last one durably.</summary>
    private protected abstract void Fill(SimulatedMachine machine, TStore store, int count);

    /// <summary>Lets go of the older half, with its files.</summary>
    private protected abstract void Remove(SimulatedMachine machine, TStore store);

    private protected abstract Task BackUpAsync(TStore store, string backup);

    private protected abstract List<string> Contents(TStore store);

    /// <summary>Whether the so-many-th change of the backup, and all behind it, made it fail.</summary>
    private bool FailsToBackUp(SimulatedMachine machine, TStore store, int occurrence, int error)
    {
        machine.Disk.Faults.Add(new PlannedFault
        {
            Kinds = OperationKinds.Changes,
            PathPart = Backup,
            Occurrence = occurrence,
            Sticky = true,
            ErrorNumber = error,
        });
        try
        {
            BackUp(machine, store);
            return false;
        }
        catch (Exception thrown) when (thrown is StorageIOException or StorageFullException)
        {
            return true;
        }
        finally
        {
            machine.Disk.Faults.Clear();
        }
    }

    private static void AllOrRefused(
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

            crashed.Kill();
        }

        Assert.True(complete > 0 && refused > 0, $"{complete} complete, {refused} refused");
    }

    private void BackUp(SimulatedMachine machine, TStore store) =>
        machine.Wait(BackUpAsync(store, Backup));

    private void Restore(SimulatedMachine machine) => machine.Wait(Restorer.RunAsync(
        machine.Environment, Kind, Backup, Restored, null, CancellationToken.None).AsTask());

    private List<string> RestoreAndRead(SimulatedMachine machine)
    {
        foreach (string name in machine.Disk.DirectoryExists(Restored)
            ? machine.Disk.ListFiles(Restored)
            : [])
        {
            machine.Disk.Unlink(Path.Combine(Restored, name));
        }

        Restore(machine);
        TStore store = Open(machine, Restored, mayCreate: false);
        List<string> found = Contents(store);
        machine.Wait(CloseAsync(store));
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
