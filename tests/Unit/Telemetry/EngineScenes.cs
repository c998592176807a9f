using LogEngine.Testing;

namespace LogEngine.Unit.Telemetry;

/// <summary>What happens to an engine, so that it is told.</summary>
internal static class EngineScenes
{
    private const string Place = "/store";

    internal static Dictionary<int, Func<CollectedEvents, Task>> All { get; } = new()
    {
        [20] = events => Run(events, (disk, engine) =>
        {
            disk.Inject(new PlannedFault
            {
                Kinds = OperationKinds.Create,
                PathPart = ".snap",
                Sticky = true,
            });
            disk.Run(() => OverwriteAsync(engine));
        }),
        [21] = events => Run(events, (_, _) => { }),
        [22] = SkipSnapshotAsync,
        [23] = events => Run(events, (disk, engine) => disk.Run(async () =>
        {
            await OverwriteAsync(engine);
            await engine.SnapshotAsync();
        })),
        [24] = events => Run(events, (disk, engine) => disk.Run(async () =>
        {
            await OverwriteAsync(engine);
            await engine.CompactAsync();
        })),
        [25] = CompactDamagedAsync,
        [26] = FillDiskAsync,
        [27] = FillDiskAsync,
        [28] = BackUpAsync,
    };

    private static Task Run(CollectedEvents events, Action<SimulatedDisk, EmbeddedEngine> scene)
    {
        SimulatedDisk disk = new(1);
        EmbeddedEngine engine = disk.OpenEngine(
            Place, SimulatedDisk.SmallEngine with { LoggerFactory = events });
        scene(disk, engine);
        disk.RunWork();
        disk.Run(() => engine.CloseAsync().AsTask());
        return Task.CompletedTask;
    }

    private static Task OverwriteAsync(EmbeddedEngine engine) =>
        Engine.DeadValues.OverwriteAsync(engine.GetKeyspace("k"));

    private static async Task SkipSnapshotAsync(CollectedEvents events)
    {
        using ScratchDirectory scratch = new();
        await using (EmbeddedEngine engine = await Engine.SmallEngine.OpenAsync(scratch.Path))
        {
            await OverwriteAsync(engine);
            await engine.SnapshotAsync();
        }

        string snapshot = Directory.GetFiles(scratch.Path, "*.snap").Single();
        LogScenes.FlipByte(snapshot, (int)new FileInfo(snapshot).Length / 2);
        await using EmbeddedEngine again = await OpenAsync(scratch.Path, events);
        Assert.Equal(5, again.GetKeyspace("k").Count);
    }

    /// <summary>A value in a sealed segment rots, and compaction meets it.</summary>
    private static async Task CompactDamagedAsync(CollectedEvents events)
    {
        using ScratchDirectory scratch = new();
        byte[] rotten = Payloads.Of(500, 7);
        await using (EmbeddedEngine engine = await Engine.SmallEngine.OpenAsync(scratch.Path))
        {
            await engine.GetKeyspace("k").PutAsync(new byte[] { 201 }, rotten);
            await OverwriteAsync(engine);
            await engine.SnapshotAsync();
        }

        LogScenes.FlipByte(scratch.SegmentFiles()[0], rotten);
        await using EmbeddedEngine again = await OpenAsync(scratch.Path, events);
        await Assert.ThrowsAsync<CorruptionException>(async () => await again.CompactAsync());
    }

    /// <summary>
    /// The disk is full of dead values: the reserve is given up to compact them, and kept back again
    /// once there is space.
    /// </summary>
    private static Task FillDiskAsync(CollectedEvents events) => Run(events, (disk, engine) =>
    {
        Engine.DeadValues.FillDiskAndEmpty(disk, engine.GetKeyspace("k"));

        // A refused write asks for a look whether there is space by now; now and then one does.
        disk.Advance(TimeSpan.FromSeconds(1));
        Assert.Throws<StorageFullException>(() => disk.Run(() => OverwriteAsync(engine)));
        disk.RunWork();
        disk.Run(() => OverwriteAsync(engine));
    });

    private static async Task BackUpAsync(CollectedEvents events)
    {
        using ScratchDirectory scratch = new();
        await using EmbeddedEngine engine = await OpenAsync(scratch.Path, events);
        await engine.GetKeyspace("k").PutAsync(new byte[1], new byte[1]);
        await engine.BackupAsync(scratch.Sibling("backup"));
    }

    private static ValueTask<EmbeddedEngine> OpenAsync(string path, CollectedEvents events) =>
        Engine.SmallEngine.OpenAsync(path, options => options with { LoggerFactory = events });
}
