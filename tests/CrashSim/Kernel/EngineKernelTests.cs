using LogEngine.CrashSim.Processes;
using LogEngine.CrashSim.Simulated;

namespace LogEngine.CrashSim.Kernel;

/// <summary>
/// Rows 20, 23, 25, 26 for an engine on real file systems: the power is cut while it writes,
/// snapshots and compacts, and the disk is full.
/// </summary>
[Collection(KernelTests.Name)]
public sealed class EngineKernelTests
{
    private static int Rounds => FaultBudget.IsLong ? 40 : 3;

    [SkippableTheory]
    [InlineData("ext4", IoMode.Direct)]
    [InlineData("ext4", IoMode.Buffered)]
    [InlineData("xfs", IoMode.Direct)]
    [InlineData("xfs", IoMode.Buffered)]
    public Task Row26_Everything_acknowledged_survives_power_cuts_under_an_engine(
        string fileSystem, IoMode mode) => KernelRow.RunAsync("K", [26], async () =>
    {
        using ScratchDirectory scratch = new();
        using DiskImage image = DiskImage.Create(scratch.Sibling("disk.img"), fileSystem);
        Random random = new(FaultBudget.Seed);
        EngineLines known = new();
        int done = 0;
        foreach (int round in SuiteShare.EnginesOnKernels.Rounds(
            $"power cuts under an engine, {fileSystem} {mode}", Rounds, least: 3))
        {
            using ChildWriter child =
                ChildEngine.Start(image.Mount["store"], mode, round, random.Next(1 << 20));
            await child.SaysAsync("ack", random.Next(20, 120));

            // A sync that is under way while the power goes may return without having been done:
            // the machine it is on would not have come to say so.
            int promised = child.Count;
            image.Mount.CutPower(flushJournal: random.Next(4) == 0);
            known.Note(round, await child.EndAsync(), promised);
            image.Restart();
            await ChildEngine.CheckAsync(
                image.Mount["store"], mode, known, Durability.PowerLoss);
            done++;
        }

        Assert.True(known.AcknowledgedDurable > done, "hardly anything was durable");
        return done;
    });

    [SkippableTheory]
    [InlineData("ext4", IoMode.Direct)]
    [InlineData("xfs", IoMode.Buffered)]
    public Task Row20_and_25_What_an_engine_shows_after_a_kill_survives_a_power_cut(
        string fileSystem, IoMode mode) => KernelRow.RunAsync("K", [20, 25], async () =>
    {
        using ScratchDirectory scratch = new();
        using DiskImage image = DiskImage.Create(scratch.Sibling("disk.img"), fileSystem);
        EngineLines known = new();
        int done = 0;
        foreach (int round in SuiteShare.EnginesOnKernels.Rounds(
            $"kill and power cut of an engine, {fileSystem} {mode}", (Rounds + 1) / 2))
        {
            using ChildWriter child =
                ChildEngine.Start(image.Mount["store"], mode, round, FaultBudget.Seed + round);
            await child.SaysAsync("ack", 50);
            known.Note(round, await child.KillAsync());

            // On the old cache: what was only written is shown, and so made durable.
            EmbeddedEngine engine = await ChildEngine.OpenAsync(image.Mount["store"], mode);
            known.Check(engine, Durability.ProcessCrash);
            image.Mount.CutPower();
            await DeadLog.CloseAsync(engine.CloseAsync);
            image.Restart();
            await ChildEngine.CheckAsync(
                image.Mount["store"], mode, known, Durability.PowerLoss);
            done++;
        }

        return done;
    });

    [SkippableTheory]
    [InlineData("ext4", IoMode.Direct)]
    [InlineData("tmpfs", IoMode.Buffered)]
    public Task Row23_A_full_disk_refuses_an_engines_writes_until_there_is_room(
        string fileSystem, IoMode mode) => KernelRow.RunAsync("K", [18, 23], async () =>
    {
        using ScratchDirectory scratch = new();
        using LimitedDisk disk = LimitedDisk.Create(scratch, fileSystem);
        string directory = disk.Mount["store"];
        using ChildWriter child = ChildEngine.Start(directory, mode, 0, FaultBudget.Seed);
        await child.SaysAsync("ack", 20);
        disk.FillUp(leaveBytes: 0);
        await child.SaysAsync("refused", 3);
        int before = child.CountOf("ack");

        disk.MakeRoom();
        await child.SaysAsync("ack", before + 20);
        List<string> lines = await child.StopAsync();
        Assert.Equal("closed", lines[^1]);
        Assert.DoesNotContain(lines, l => l.StartsWith("faulted", StringComparison.Ordinal));
        EngineLines known = new();
        known.Note(0, lines);
        await ChildEngine.CheckAsync(directory, mode, known, Durability.ProcessCrash);
        return 1;
    });
}
