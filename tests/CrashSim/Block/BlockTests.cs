using LogEngine.CrashSim.Kernel;
using LogEngine.CrashSim.Simulated;

namespace LogEngine.CrashSim.Block;

/// <summary>
/// Rows 1, 2, 11, 26, 28: a power cut at every place of a recorded block device. The file system
/// replays its journal, the log or the engine recovers, and the marks in the record say what must be there.
/// </summary>
[Collection(KernelTests.Name)]
public sealed class BlockTests
{
    private const int Steps = 60;

    /// <summary>Seconds of replay for one disk in an ordinary run; longer where asked.</summary>
    private const double LogSeconds = 12;
    private const double EngineSeconds = 10;

    /// <summary>Recovered, and cut again right after: one prefix in so many.</summary>
    private const int ThoroughEvery = 16;

    /// <summary>By prefixes, by choices between flushes, by recoveries cut again.</summary>
    private static readonly int[] _rows = [11, 26, 1, 2, 28];

    [SkippableTheory]
    [InlineData("ext4", IoMode.Direct)]
    [InlineData("ext4", IoMode.Buffered)]
    [InlineData("xfs", IoMode.Direct)]
    [InlineData("xfs", IoMode.Buffered)]
    public Task Row26_Power_cut_at_every_entry_of_the_block_log(string fileSystem, IoMode mode) =>
        RunAsync(
            $"{fileSystem} {mode}",
            fileSystem,
            LogSeconds,
            disk => new BlockWorkload(disk, mode, FaultBudget.Seed),
            memory => new LogBlockJudge(memory, mode));

    [SkippableTheory]
    [InlineData("ext4", IoMode.Buffered)]
    [InlineData("xfs", IoMode.Direct)]
    public Task Row26_Power_cut_at_every_entry_of_the_block_log_of_an_engine(
        string fileSystem, IoMode mode) => RunAsync(
            $"an engine, {fileSystem} {mode}",
            fileSystem,
            EngineSeconds,
            disk => new EngineBlockWorkload(disk, mode, FaultBudget.Seed),
            memory => new EngineBlockJudge(memory, mode));

    private static Task RunAsync<TExpected>(
        string name,
        string fileSystem,
        double seconds,
        Func<RecordedDisk, IBlockWorkload<TExpected>> use,
        Func<Mount, BlockJudge<TExpected>> judgeOn) => KernelRow.RunAsync("B", _rows, async () =>
    {
        Tools.Require(
            $"mkfs.{fileSystem}", "xfs_io", "qemu-storage-daemon", "fusermount3", "losetup");
        using ScratchDirectory scratch = new();
        using Mount memory = Mount.Memory(scratch.Sibling("memory"), "1G");
        using RecordedDisk disk = new(memory.Path, fileSystem);
        IBlockWorkload<TExpected> workload = use(disk);
        await workload.RunAsync(Steps);
        (IReadOnlyList<BlockRequest> requests, DiskPages device) = disk.Finish();

        BlockReplay<TExpected> replay = new(requests, workload, disk.FileSystemBytes);
        long? difference = replay.Prefix(disk.Fresh, requests.Count).FirstDifference(device);
        Assert.True(difference is null, $"full replay differs from the device at {difference}");
        BlockJudge<TExpected> judge = judgeOn(memory);
        await AssertBitesAsync(judge, replay, disk.Fresh);
        (int prefixes, int choices, int twice) =
            await JudgeAllAsync(judge, replay, disk.Fresh, name, seconds);
        return [prefixes, prefixes, choices, choices, twice];
    });

    /// <summary>A disk from the middle of the record, taken for its end, must be found out.</summary>
    private static async Task AssertBitesAsync<TExpected>(
        BlockJudge<TExpected> judge, BlockReplay<TExpected> replay, DiskPages fresh)
    {
        IReadOnlyList<int> prefixes = replay.Prefixes;
        DiskPages middle = replay.Prefix(fresh, prefixes[prefixes.Count / 2]);
        TExpected end = replay.Expected(prefixes[^1]);
        Exception found = await Assert.ThrowsAnyAsync<Exception>(
            () => judge.JudgeAsync(middle, end, "the middle", thorough: false));
        Assert.Contains(": O", found.Message, StringComparison.Ordinal);
    }

    /// <summary>
    /// Every prefix, in an order that covers the record evenly however soon the time is over; every
    /// second one is followed by a choice of what was not flushed there.
    /// </summary>
    private static async Task<(int Prefixes, int Choices, int Twice)> JudgeAllAsync<TExpected>(
        BlockJudge<TExpected> judge,
        BlockReplay<TExpected> replay,
        DiskPages fresh,
        string name,
        double seconds)
    {
        FaultBudget budget = new(TimeSpan.FromSeconds(
            Math.Max(seconds, FaultBudget.Asked / 6)));
        Random random = new(FaultBudget.Seed);
        int[] prefixes = [.. replay.Prefixes];
        random.Shuffle(prefixes);
        int done = 0;
        int subsets = 0;
        int twice = 0;
        foreach (int count in prefixes.TakeWhile(_ => !budget.IsOver))
        {
            TExpected expected = replay.Expected(count);
            bool thorough = done % ThoroughEvery == 0;
            twice += thorough ? 1 : 0;
            await judge.JudgeAsync(
                replay.Prefix(fresh, count), expected, $"{name}, prefix of {count}", thorough);
            done++;
            if (done % 2 == 0 && replay.HasChoice(count))
            {
                await judge.JudgeAsync(
                    replay.Subset(fresh, count, random),
                    expected,
                    $"{name}, choice after {count}",
                    thorough: false);
                subsets++;
            }
        }

        Console.WriteLine(
            $"block log of {name}: {done} of {prefixes.Length} prefixes and {subsets} choices "
            + $"between flushes, seed {FaultBudget.Seed}, {budget.Elapsed.TotalSeconds:F0} s");
        Assert.True(done > 0, "no prefix was judged");
        return (done, subsets, twice);
    }
}
