using LogEngine.Testing.Crash;
using LogEngine.Testing.Disk;
using LogEngine.Testing.Running;

namespace LogEngine.CrashSim.Simulated;

/// <summary>
/// Rows 41 to 44: a directory that is taken away under its writer, at each change of the disk that
/// the writer makes. Both writers run on one disk, each in a process of its own.
/// </summary>
internal static class DirectoryHunt
{
    /// <summary>Numbers below it are written by anybody.</summary>
    internal const int MostNumbers = 200;

    private const string Path = "/store";
    private const string MovedTo = "/aside";
    private const int Writes = 26;
    private const int FirstOfOther = 100;

    internal static int RowOf(DirectoryHarm harm) => harm switch
    {
        DirectoryHarm.LockRemoved or DirectoryHarm.LockRenamed => 41,
        DirectoryHarm.Moved => 42,
        DirectoryHarm.ReplacedByCopy or DirectoryHarm.RemovedForCopy => 43,
        _ => 44,
    };

    /// <summary>Every so-many-th change, until the writer makes no more.</summary>
    internal static void Run(
        DirectoryHarm harm, bool isEngine, int seed, int stride, RowResult result)
    {
        for (int change = 1; !result.HasFailed; change += stride)
        {
            string what = $"{harm}, {(isEngine ? "engine" : "log")}, seed {seed}, change {change}";
            try
            {
                if (!RunOne(harm, isEngine, seed, change))
                {
                    return;
                }
            }
            catch (Exception error)
            {
                result.Fail($"{what}: {error}");
                return;
            }

            result.Add(1, 1);
        }
    }

    /// <summary>False where the writer was done before that change.</summary>
    private static bool RunOne(DirectoryHarm harm, bool isEngine, int seed, int change)
    {
        SimulatedFileSystem disk = new();
        HarmedStore first = HarmedStore.Open(new SimulatedMachine(disk, seed), Path, isEngine);
        HarmedStore? second = null;
        int left = change;
        bool harmed = false;
        SortedSet<int> before = [];
        disk.BeforeChange = d =>
        {
            if (--left != 0)
            {
                return;
            }

            harmed = true;
            before = [.. first.Acknowledged];
            d.FromOutside(_ => second = Harm(disk, harm, first, isEngine, seed));
        };

        int lastTried;
        try
        {
            lastTried = WriteAll(first, harm, () => harmed);
        }
        catch (InvalidOperationException hang)
        {
            throw new InvalidOperationException(
                $"{hang.Message} faulted: {first.IsFaulted} {first.FaultCause}; {first.Acknowledged.Count}", hang);
        }

        bool closed = first.TryClose();
        disk.BeforeChange = null;
        if (!harmed)
        {
            return false;
        }

        // Where it was taken away after the last look, in the midst of closing, all was done before.
        Assert.True(
            !closed || lastTried == Writes, "writing went on without a fault to its end");
        if (!closed)
        {
            Assert.IsType<DirectoryLostException>(first.FaultCause);
        }

        Judge(disk, harm, first, second, before, isEngine, seed);
        return true;
    }

    /// <summary>Writes and tidies; the number of writes before the first that failed.</summary>
    private static int WriteAll(HarmedStore store, DirectoryHarm harm, Func<bool> harmed)
    {
        for (int i = 0; i < Writes; i++)
        {
            Durability durability = i % 3 == 1 ? Durability.ProcessCrash : Durability.PowerLoss;
            bool wasHarmed = harmed();
            bool written = store.TryWrite(i, durability);
            Assert.False(
                written && wasHarmed && IsNoticedAtOnce(harm, durability),
                $"{i} was begun and acknowledged after the directory was lost");
            if (!written || (i % 8 == 7 && !store.TryTidy()))
            {
                return i;
            }

            if (wasHarmed)
            {
                // A second passes, at the latest after which it is noticed.
                store.Machine.Time.Advance(TimeSpan.FromSeconds(1));
            }
        }

        return Writes;
    }

    /// <summary>
    /// Another writer in the same directory has waited until nothing is acknowledged any more. A
    /// LOCK that is removed with the directory is missed by what is to survive a power loss; a
    /// directory that is still there is only looked for once a second.
    /// </summary>
    private static bool IsNoticedAtOnce(DirectoryHarm harm, Durability durability) => harm switch
    {
        DirectoryHarm.LockRemoved or DirectoryHarm.LockRenamed => true,
        DirectoryHarm.Moved or DirectoryHarm.ReplacedByCopy => false,
        _ => durability == Durability.PowerLoss,
    };

    private static HarmedStore? Harm(
        SimulatedFileSystem disk, DirectoryHarm harm, HarmedStore first, bool isEngine, int seed)
    {
        switch (harm)
        {
            case DirectoryHarm.LockRemoved:
                disk.Unlink(Path + "/LOCK");
                break;
            case DirectoryHarm.LockRenamed:
                disk.Rename(Path + "/LOCK", Path + "/LOCK.old");
                break;
            case DirectoryHarm.Moved:
                disk.MoveDirectory(Path, MovedTo);
                break;
            case DirectoryHarm.ReplacedByCopy:
                disk.MoveDirectory(Path, MovedTo);
                disk.CopyDirectory(MovedTo, Path);
                break;
            case DirectoryHarm.RemovedForCopy:
                disk.CopyDirectory(Path, MovedTo);
                disk.RemoveDirectory(Path);
                disk.MoveDirectory(MovedTo, Path);
                break;
            default:
                disk.RemoveDirectory(Path);
                break;
        }

        if (harm == DirectoryHarm.Removed)
        {
            return null;
        }

        // The second one's clock is its own; where it waits for the first, time passes for both.
        if (harm is DirectoryHarm.LockRemoved or DirectoryHarm.LockRenamed)
        {
            first.Machine.Time.Advance(TimeSpan.FromSeconds(2));
        }

        HarmedStore second = HarmedStore.Open(
            new SimulatedMachine(disk, seed + 1000), Path, isEngine);
        for (int i = 0; i < 4; i++)
        {
            Assert.True(second.TryWrite(FirstOfOther + i, Durability.PowerLoss));
        }

        return second;
    }

    private static void Judge(
        SimulatedFileSystem disk,
        DirectoryHarm harm,
        HarmedStore first,
        HarmedStore? second,
        SortedSet<int> before,
        bool isEngine,
        int seed)
    {
        if (second is not null)
        {
            for (int i = 4; i < 16; i++)
            {
                Assert.True(second.TryWrite(FirstOfOther + i, Durability.PowerLoss));
            }

            Assert.True(second.TryTidy());
            SortedSet<int> owed = [.. second.Acknowledged];
            if (harm is DirectoryHarm.LockRemoved or DirectoryHarm.LockRenamed)
            {
                owed.UnionWith(first.Acknowledged);
            }
            else if (harm is DirectoryHarm.ReplacedByCopy or DirectoryHarm.RemovedForCopy)
            {
                owed.UnionWith(before);
            }

            bool onlyOwn = harm is DirectoryHarm.Moved or DirectoryHarm.RemovedForNew;
            Require(second.Read(), owed, onlyOwn, "the second writer");

            // A power loss that takes everything unsynced, then an orderly end.
            CrashUnits units = CrashUnits.Of(disk.Snapshot(), 512);
            SimulatedFileSystem crashed = units.Build(new bool[units.Units.Count]).Mount();
            Reopen(crashed, Path, owed, onlyOwn, isEngine, seed, "after a power loss");
            Assert.True(second.TryClose());
            Reopen(disk, Path, owed, onlyOwn, isEngine, seed, "reopened");
        }

        if (harm is DirectoryHarm.Moved or DirectoryHarm.ReplacedByCopy)
        {
            Reopen(disk, MovedTo, first.Acknowledged, true, isEngine, seed, "where it was moved to");
        }
    }

    private static void Reopen(
        SimulatedFileSystem disk,
        string path,
        SortedSet<int> owed,
        bool onlyOwn,
        bool isEngine,
        int seed,
        string where)
    {
        HarmedStore again = HarmedStore.Open(new SimulatedMachine(disk, seed + 2000), path, isEngine);
        Require(again.Read(), owed, onlyOwn, where);
        Assert.True(again.TryClose());
    }

    /// <summary>Everything owed is there; of the other writer nothing, where the store is not shared.</summary>
    private static void Require(SortedSet<int> found, SortedSet<int> owed, bool onlyOwn, string where)
    {
        IEnumerable<int> lost = owed.Except(found);
        Assert.True(!lost.Any(), $"{where}: lost {string.Join(", ", lost)}");
        bool isOther = owed.Count > 0 && owed.Max >= FirstOfOther;
        IEnumerable<int> strange = found.Where(n => onlyOwn && isOther != n >= FirstOfOther);
        Assert.True(!strange.Any(), $"{where}: strange {string.Join(", ", strange)}");
    }
}
