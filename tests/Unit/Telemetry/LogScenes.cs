using LogEngine.Telemetry;
using LogEngine.Testing;
using Microsoft.Extensions.Logging;

namespace LogEngine.Unit.Telemetry;

/// <summary>What happens to a log, so that it is told.</summary>
internal static class LogScenes
{
    private const string Place = "/log";

    internal static Dictionary<int, Func<CollectedEvents, Task>> All { get; } = new()
    {
        [1] = events => FillDiskAsync(events),
        [2] = events => FillDiskAsync(events),
        [3] = events => Run(events, (disk, log) =>
        {
            disk.Inject(new PlannedFault
            {
                Kinds = OperationKinds.Write,
                PathPart = ".seg",
                Sticky = true,
            });
            Assert.Throws<StorageFaultedException>(() => disk.Run(() => AppendAsync(log)));
        }),
        [4] = events => Run(
            events,
            (disk, log) =>
            {
                // Buffered: each append ends in a sync of its own, which takes two seconds.
                disk.BeforeChange = _ => disk.Advance(TimeSpan.FromSeconds(2));
                disk.Run(() => AppendAsync(log));
                disk.BeforeChange = null;
            },
            IoMode.Buffered),
        [5] = events => Run(events, (disk, log) => disk.Run(() => FillAsync(log))),
        [6] = events => Run(events, (disk, log) => disk.Run(async () =>
        {
            await FillAsync(log);
            await log.TruncateBeforeAsync(log.LastSequence);
        })),
        [7] = events => OverflowAsync(events),
        [8] = events => RetainAsync(events, fault: null),
        [9] = events => RetainAsync(events, new PlannedFault
        {
            Kinds = OperationKinds.Write | OperationKinds.Create,
            PathPart = "manifest",
            Sticky = true,
        }),
        [10] = events => Run(events, (_, _) => { }),
        [11] = events => TearAsync(events),
        [12] = events => DamageAsync(
            events, path => FlipByte(Directory.GetFiles(path, "manifest-?")[0], 100)),
        [13] = events => DamageAsync(
            events, path => File.Delete(Directory.GetFiles(path, "*.seg").Order().First())),
        [14] = events => Run(
            events, (disk, log) => disk.Run(() => log.CloseAsync().AsTask())),
        [15] = events => Run(events, (disk, log) =>
        {
            disk.Inject(new PlannedFault
            {
                Kinds = OperationKinds.Write | OperationKinds.Create,
                PathPart = "manifest",
                Sticky = true,
            });
            disk.Run(() => log.CloseAsync().AsTask());
        }),
    };

    /// <summary>A logger that does not return, and more events than are kept for it.</summary>
    private static Task OverflowAsync(CollectedEvents events)
    {
        List<IThreadPoolWorkItem> held = [];
        ILogger detached = DetachedLogger.Of(
            events.CreateLogger(LogCategories.Log), held.Add);
        for (int i = 0; i <= DetachedLogger.MostWaiting; i++)
        {
            LogEvents.SpaceFound(detached, Place);
        }

        Assert.Single(held).Execute();
        return DetachedLogger.DrainAsync(detached);
    }

    private static Task Run(
        CollectedEvents events, Action<SimulatedDisk, WriteAheadLog> scene, IoMode mode = IoMode.Auto)
    {
        SimulatedDisk disk = new(1);
        WriteAheadLog log = disk.OpenLog(
            Place, SimulatedDisk.SmallLog with { LoggerFactory = events, IoMode = mode });
        scene(disk, log);
        disk.RunWork();
        return Task.CompletedTask;
    }

    private static Task<long> AppendAsync(WriteAheadLog log) => log.AppendAsync(new byte[1000]).AsTask();

    private static async Task FillAsync(WriteAheadLog log)
    {
        for (int i = 0; i < 20; i++)
        {
            await log.AppendAsync(new byte[8000]);
        }
    }

    /// <summary>The disk fills up, and later has space again; told once each.</summary>
    private static Task FillDiskAsync(CollectedEvents events) => Run(events, (disk, log) =>
    {
        disk.CapacityBytes = 400 << 10;
        Assert.Throws<StorageFullException>(() => disk.Run(async () =>
        {
            while (true)
            {
                await FillAsync(log);
            }
        }));
        Assert.Throws<StorageFullException>(() => disk.Run(() => FillAsync(log)));
        disk.CapacityBytes = 1 << 30;
        disk.Run(() => FillAsync(log));
        Assert.Single(events.All, logged => logged.Event.Id == 1);
        Assert.Single(events.All, logged => logged.Event.Id == 2);
    });

    /// <summary>A log that keeps its active segment only.</summary>
    private static Task RetainAsync(CollectedEvents events, PlannedFault? fault)
    {
        SimulatedDisk disk = new(1);
        WriteAheadLog log = disk.OpenLog(Place, SimulatedDisk.SmallLog with
        {
            LoggerFactory = events,
            Retention = new LogRetention { MaxBytes = 1 },
        });
        if (fault is not null)
        {
            disk.Inject(fault);
        }

        disk.Run(() => FillAsync(log));
        disk.RunWork();
        Assert.Equal(fault is null, log.FirstSequence > 1);
        return Task.CompletedTask;
    }

    /// <summary>A power loss keeps a part of an unsynced commit.</summary>
    private static Task TearAsync(CollectedEvents events)
    {
        SimulatedDisk disk = new(1);
        WriteAheadLog log = disk.OpenLog(Place, SimulatedDisk.SmallLog);
        disk.Run(async () => await log.AppendAsync(
            Payloads.Of(12_000, 1), Durability.ProcessCrash));
        for (int seed = 2; !events.Has(11); seed++)
        {
            Assert.True(seed < 100, "no draw of a hundred tears the commit");
            disk.Crash(seed).OpenLog(
                Place, SimulatedDisk.SmallLog with { LoggerFactory = events });
        }

        return Task.CompletedTask;
    }

    /// <summary>A closed log of several segments is damaged, and opened again.</summary>
    private static async Task DamageAsync(CollectedEvents events, Action<string> damage)
    {
        using ScratchDirectory scratch = new();
        await SmallLogs.CreateAsync(scratch.Path, 20, 8000);
        damage(scratch.Path);
        try
        {
            await using WriteAheadLog log = await WriteAheadLog.OpenAsync(
                scratch.Path, SmallLogs.Options() with { LoggerFactory = events });
        }
        catch (CorruptionException)
        {
            Assert.True(events.Has(13));
        }
    }

    internal static void FlipByte(string path, byte[] inside) =>
        FlipByte(path, File.ReadAllBytes(path).AsSpan().IndexOf(inside));

    internal static void FlipByte(string path, int offset)
    {
        byte[] bytes = File.ReadAllBytes(path);
        bytes[offset] ^= 1;
        File.WriteAllBytes(path, bytes);
    }
}
