using System.Globalization;
using LogEngine.CrashSim.Simulated;
using LogEngine.Testing;
using LogEngine.Testing.Disk;
using LogEngine.Testing.Model;
using LogEngine.Testing.Running;

namespace LogEngine.CrashSim.EngineFaults;

/// <summary>What a watch does when the disk is full, and when the engine has faulted.</summary>
public sealed class WatchFaultTests
{
    private const string Name = "keys";
    private static readonly WatchOptions FromTheBeginning = new() { From = default(WatchPosition) };

    [Fact]
    public void On_a_full_disk_who_lags_behind_is_told_and_who_does_not_goes_on()
    {
        using PlainContext plain = PlainContext.Enter();
        SimulatedMachine machine = new(new SimulatedFileSystem(), seed: 3);
        EmbeddedEngine engine = machine.OpenEngine("/store", SimulatedDisk.SmallEngine);
        EmbeddedKeyspace keys = engine.GetKeyspace(Name);
        Put(machine, keys, 0);
        IAsyncEnumerator<KeyChange> lagging =
            keys.WatchAsync(FromTheBeginning).GetAsyncEnumerator();
        Assert.True(Next(machine, lagging));
        Watcher swift = new(machine, WatchMemory.Empty(Name), seed: 1);
        swift.Begin(engine, mayLose: false);
        machine.Disk.CapacityPages = 12 * WriteAheadLogOptions.MinSegmentSizeBytes / SimPage.Size;
        int refused = 0;
        for (int i = 1; i < 1500; i++)
        {
            try
            {
                Put(machine, keys, i);
                if (i % 50 == 0)
                {
                    // What it is told is durable, which takes its time.
                    machine.Time.Advance(TimeSpan.FromSeconds(1));
                    machine.Scheduler.RunToIdle();
                }
            }
            catch (StorageFullException)
            {
                refused++;
                machine.Time.Advance(TimeSpan.FromSeconds(1));
                machine.Scheduler.RunToIdle();
            }
        }

        Assert.True(refused is > 0 and < 1000, $"{refused} writes were refused");
        swift.RunUntil(machine.Wait(keys.GetPositionAsync().AsTask()).Commit);
        Assert.Null(swift.Problem);
        AssertSame(engine, swift);

        // Everything from the beginning on, one version after the other, or the error.
        long version = lagging.Current.Version;
        ChangesLostException lost = Assert.Throws<ChangesLostException>(() =>
        {
            while (Next(machine, lagging))
            {
                Assert.Equal(++version, lagging.Current.Version);
            }
        });
        Assert.Equal(Name, lost.Keyspace);

        // What the error says to do.
        Watcher anew = new(machine, WatchMemory.Empty(Name), seed: 2);
        anew.Begin(engine, mayLose: false);
        anew.RunUntil(swift.Kept.Position!.Value.Commit);
        Assert.Null(anew.Problem);
        AssertSame(engine, anew);
        machine.Discard(engine);
    }

    /// <summary>The write that faults it lands on the disk as a whole, or not at all; nobody is told which.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_faulted_engine_tells_what_is_durable_and_then_the_fault(bool lands)
    {
        using PlainContext plain = PlainContext.Enter();
        SimulatedMachine machine = new(new SimulatedFileSystem(), seed: 4);
        EmbeddedEngine engine = machine.OpenEngine("/store", SimulatedDisk.SmallEngine);
        EmbeddedKeyspace keys = engine.GetKeyspace(Name);
        IAsyncEnumerator<KeyChange> open = keys.WatchAsync(FromTheBeginning).GetAsyncEnumerator();
        for (int i = 0; i < 5; i++)
        {
            Put(machine, keys, i, Durability.PowerLoss);
        }

        Assert.True(Next(machine, open));
        Put(machine, keys, 5);
        machine.Disk.Faults.Add(new PlannedFault
        {
            Kinds = OperationKinds.Write | OperationKinds.DataSync,
            PathPart = ".seg",
            Sticky = true,
            BytesWritten = lands ? int.MaxValue : 0,
            LosesPages = !lands,
        });
        Assert.Throws<StorageFaultedException>(() => Put(machine, keys, 6, Durability.PowerLoss));

        WatchPosition last = TellsFiveAndTheFault(machine, open, told: 1);
        TellsFiveAndTheFault(
            machine, keys.WatchAsync(FromTheBeginning).GetAsyncEnumerator(), told: 0);

        // What can be read is not all durable, and never will be: there is no state to begin with.
        IAsyncEnumerator<KeyChange> state = keys
            .WatchAsync(new WatchOptions { StartsWithState = true }).GetAsyncEnumerator();
        Assert.Throws<StorageFaultedException>(() => Next(machine, state));

        machine.Kill();
        machine.Disk.Faults.Clear();
        EmbeddedEngine again = machine.OpenEngine("/store", SimulatedDisk.SmallEngine);
        keys = again.GetKeyspace(Name);
        long found = machine.Wait(keys.CountAsync().AsTask());
        IAsyncEnumerator<KeyChange> goesOn = keys
            .WatchAsync(new WatchOptions { From = last, ReportsProgress = true }).GetAsyncEnumerator();
        for (long i = 5; i < found; i++)
        {
            Assert.True(Next(machine, goesOn));
            Assert.Equal($"{i}", goesOn.Current.KeyText);
        }

        Assert.True(Next(machine, goesOn));
        Assert.Equal(KeyChangeKind.Progress, goesOn.Current.Kind);
        machine.Discard(again);
    }

    /// <summary>The position of the fifth.</summary>
    private static WatchPosition TellsFiveAndTheFault(
        SimulatedMachine machine, IAsyncEnumerator<KeyChange> watch, int told)
    {
        for (; told < 5; told++)
        {
            Assert.True(Next(machine, watch));
            Assert.Equal($"{told}", watch.Current.KeyText);
        }

        WatchPosition last = watch.Current.Position;
        StorageFaultedException fault =
            Assert.Throws<StorageFaultedException>(() => Next(machine, watch));
        Assert.False(fault.MayBeWritten);
        return last;
    }

    private static void AssertSame(EmbeddedEngine engine, Watcher watcher) => Assert.Null(
        watcher.Kept.Violation(
            EngineProbe.Read(engine),
            recovered: 0,
            new Dictionary<long, ModelOperation>(),
            watcher.Kept.Told.Select(t => t.Hash ?? 0).ToHashSet()));

    private static bool Next(SimulatedMachine machine, IAsyncEnumerator<KeyChange> watch) =>
        machine.Wait(watch.MoveNextAsync().AsTask());

    /// <summary>Thirty keys, over and over.</summary>
    private static void Put(
        SimulatedMachine machine,
        EmbeddedKeyspace keys,
        int number,
        Durability durability = Durability.ProcessCrash) => machine.Wait(keys.PutAsync(
            System.Text.Encoding.UTF8.GetBytes((number % 30).ToString(CultureInfo.InvariantCulture)),
            Payloads.Of(900, number),
            durability).AsTask());
}
