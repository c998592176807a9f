using LogEngine.Storage;
using LogEngine.Testing;
using LogEngine.Testing.Crash;
using LogEngine.Testing.Disk;

namespace LogEngine.CrashSim.Simulated;

/// <summary>The simulated disk keeps the rules that the other tests stand on.</summary>
public sealed class SimulatorTests
{
    private const string Name = "/d/file";

    [Fact]
    public void A_data_sync_write_makes_its_own_bytes_durable_and_nothing_earlier()
    {
        SimulatedFileSystem disk = Disk();
        using IStorageFile file = disk.Open(Name, OpenFlags.Write | OpenFlags.Direct);
        file.Write(Page(1), 0, dataSync: false);
        file.Write(Page(2), 4096, dataSync: true);
        SimContent left = Crash(disk, keep: false);
        Assert.Equal(0, First(left, 0));
        Assert.Equal(2, First(left, 4096));
        Assert.Equal(8192, left.Length);
    }

    [Fact]
    public void A_data_sync_makes_all_of_the_file_durable()
    {
        SimulatedFileSystem disk = Disk();
        using IStorageFile file = disk.Open(Name, OpenFlags.Write);
        file.Write(Page(1), 0, dataSync: false);
        file.Write([3], 5000, dataSync: false);
        file.DataSync();
        SimContent left = Crash(disk, keep: false);
        Assert.Equal(1, First(left, 0));
        Assert.Equal(3, First(left, 5000));
    }

    [Fact]
    public void After_a_failed_sync_the_cache_shows_what_the_disk_has_lost()
    {
        SimulatedFileSystem disk = Disk();
        using IStorageFile file = disk.Open(Name, OpenFlags.Write);
        file.Write(Page(1), 0, dataSync: false);
        disk.Faults.Add(new PlannedFault { Kinds = OperationKinds.DataSync });
        Assert.Throws<StorageIOException>(file.DataSync);
        file.DataSync();
        Assert.Equal(1, ReadFirst(file));
        Assert.Equal(0, First(Crash(disk, keep: true), 0));

        file.DropCache();
        Assert.Equal(0, ReadFirst(file));
    }

    [Fact]
    public void A_name_is_durable_after_the_sync_of_its_directory_only()
    {
        SimulatedFileSystem disk = Disk();
        disk.Open("/d/new", OpenFlags.CreateNew).Dispose();
        Assert.False(Image(disk, keep: false).Directories["/d"].ContainsKey("new"));
        disk.SyncDirectory("/d");
        Assert.True(Image(disk, keep: false).Directories["/d"].ContainsKey("new"));

        disk.Rename("/d/new", Name);
        Assert.True(Image(disk, keep: false).Directories["/d"].ContainsKey("new"));
        Assert.False(Image(disk, keep: true).Directories["/d"].ContainsKey("new"));
    }

    [Fact]
    public void Twelve_units_are_exhausted_and_each_image_is_another()
    {
        SimulatedFileSystem disk = Disk();
        using IStorageFile file = disk.Open(Name, OpenFlags.Write);
        file.Allocate(0, 12 * 512);
        file.DataSync();
        for (int i = 0; i < 12; i++)
        {
            file.Write([(byte)(i + 1)], i * 512, dataSync: false);
        }

        CrashUnits units = CrashUnits.Of(disk.Snapshot(), 512);
        Assert.Equal(12, units.Units.Count);
        HashSet<ulong> images = [];
        foreach (bool[] keep in CrashChoices.Of(units.Units, 12, 0, 0, 1))
        {
            images.Add(units.Build(keep).Hash);
        }

        Assert.Equal(1 << 12, images.Count);
    }

    [Fact]
    public void A_full_disk_writes_short_and_says_so()
    {
        SimulatedFileSystem disk = Disk();
        disk.CapacityPages = 1;
        using IStorageFile file = disk.Open(Name, OpenFlags.Write);
        Assert.Throws<StorageFullException>(() => file.Write(new byte[8192], 0, dataSync: false));
        Assert.Equal(4096, file.GetLength());
    }

    private static SimulatedFileSystem Disk()
    {
        SimulatedFileSystem disk = new();
        disk.CreateDirectory("/d");
        disk.Open(Name, OpenFlags.CreateNew).Dispose();
        disk.SyncDirectory("/d");
        return disk;
    }

    private static byte[] Page(byte value)
    {
        byte[] page = new byte[4096];
        Array.Fill(page, value);
        return page;
    }

    private static CrashImage Image(SimulatedFileSystem disk, bool keep)
    {
        CrashUnits units = CrashUnits.Of(disk.Snapshot(), 512);
        bool[] kept = new bool[units.Units.Count];
        Array.Fill(kept, keep);
        return units.Build(kept);
    }

    private static SimContent Crash(SimulatedFileSystem disk, bool keep) =>
        Image(disk, keep).Directories["/d"]["file"].Content;

    private static byte First(SimContent content, long offset)
    {
        byte[] one = new byte[1];
        content.Read(one, offset);
        return one[0];
    }

    private static byte ReadFirst(IStorageFile file)
    {
        byte[] one = new byte[1];
        file.Read(one, 0);
        return one[0];
    }
}
