using System.Globalization;
using LogEngine.CrashSim.Processes;
using LogEngine.CrashSim.Simulated;
using LogEngine.CrashWriter;

namespace LogEngine.CrashSim.Kernel;

/// <summary>
/// Rows 20, 25, 26: the power of a real file system is cut under a live writer, again and again on
/// one log. What was acknowledged is known from the writer's own words, outside the image.
/// </summary>
[Collection(KernelTests.Name)]
public sealed class PowerCutTests
{
    private static int Rounds => FaultBudget.IsLong ? 60 : 6;

    [SkippableTheory]
    [InlineData("ext4", IoMode.Direct)]
    [InlineData("ext4", IoMode.Buffered)]
    [InlineData("xfs", IoMode.Direct)]
    [InlineData("xfs", IoMode.Buffered)]
    public Task Row26_Everything_acknowledged_survives_power_cuts_under_a_live_writer(
        string fileSystem, IoMode mode) => KernelRow.RunAsync("K", [26], async () =>
    {
        using ScratchDirectory scratch = new();
        using DiskImage image = DiskImage.Create(scratch.Sibling("disk.img"), fileSystem);
        Random random = new(FaultBudget.Seed);
        Journal journal = new();
        int durable = 0;
        int rounds = 0;
        foreach (int round in SuiteShare.Kernels.Rounds($"power cuts of {fileSystem} {mode}", Rounds))
        {
            rounds++;
            using ChildWriter child = StartWriter(image, mode, round, random);
            await child.SaysAsync("ack", random.Next(20, 200));

            // A sync that is under way while the power goes may return without having been done:
            // the machine it is on would not have come to say so.
            int promised = child.Count;
            image.Mount.CutPower(flushJournal: random.Next(4) == 0);
            List<string> lines = await child.EndAsync();
            image.Restart();

            durable += lines.Count(l => l.StartsWith("ack", StringComparison.Ordinal)
                && l.EndsWith(" 2", StringComparison.Ordinal));
            journal.Note(round, lines.Take(promised), Durability.PowerLoss);
            journal.Note(round, lines.Skip(promised), survives: null);
            await GoOnAsync(image.Mount["log"], mode, round, journal);
        }

        Assert.True(durable > 5 * rounds, $"only {durable} appends were durable");
        return rounds;
    });

    [SkippableTheory]
    [InlineData("ext4", IoMode.Direct)]
    [InlineData("ext4", IoMode.Buffered)]
    [InlineData("xfs", IoMode.Direct)]
    [InlineData("xfs", IoMode.Buffered)]
    public Task Row20_and_25_What_a_restart_shows_after_a_kill_survives_a_power_cut(
        string fileSystem, IoMode mode) => KernelRow.RunAsync("K", [20, 25], async () =>
    {
        using ScratchDirectory scratch = new();
        using DiskImage image = DiskImage.Create(scratch.Sibling("disk.img"), fileSystem);
        Random random = new(FaultBudget.Seed + 1);
        Journal journal = new();
        int rounds = 0;
        foreach (int round in SuiteShare.Kernels.Rounds(
            $"kills and power cuts of {fileSystem} {mode}", (Rounds + 1) / 2))
        {
            rounds++;
            using ChildWriter child = StartWriter(image, mode, round, random);
            await child.SaysAsync("ack", random.Next(1, 100));
            journal.Note(round, await child.KillAsync());

            // On the old cache: what was only written is shown, and so made durable.
            WriteAheadLog log = await SmallLogs.OpenAsync(image.Mount["log"], mode);
            journal.Check(log);
            image.Mount.CutPower();
            await DeadLog.CloseAsync(log);
            image.Restart();
            await GoOnAsync(image.Mount["log"], mode, round, journal);
        }

        return rounds;
    });

    private static ChildWriter StartWriter(
        DiskImage image, IoMode mode, int round, Random random) => ChildWriter.Start(
        image.Mount["log"],
        mode.ToString(),
        round.ToString(CultureInfo.InvariantCulture),
        random.Next().ToString(CultureInfo.InvariantCulture));

    /// <summary>The log meets the journal, takes another record, and closes.</summary>
    private static async Task GoOnAsync(string directory, IoMode mode, int round, Journal journal)
    {
        int run = 100_000 + round;
        await using WriteAheadLog log = await SmallLogs.OpenAsync(directory, mode);
        journal.Check(log);
        long sequence = await log.AppendAsync(new Stamp(run, 0, 0, 0, 1).Encode(400)).Soon();
        Assert.Equal(sequence, log.LastSequence);
        journal.Note(run, [$"ack {sequence} 1 0 0 {(int)Durability.PowerLoss}"]);
        journal.Check(log);
    }
}
