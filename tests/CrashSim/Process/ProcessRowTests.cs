using LogEngine.CrashSim.Kernel;
using LogEngine.CrashSim.Simulated;

namespace LogEngine.CrashSim.Processes;

/// <summary>
/// Rows 16, 17, 25, 27, 29, 30 on real processes: their system calls lie or fail, they are killed
/// at each of them, and two of them want one log.
/// </summary>
public sealed class ProcessRowTests
{
    private const string Changes =
        "pwrite64,pwritev2,fdatasync,fsync,fallocate,ftruncate,renameat,renameat2,unlinkat";

    /// <summary>
    /// Calls are counted by thread: after so many numbers that end no run, none has more calls.
    /// </summary>
    private const int HarmlessInARow = 4;

    /// <summary>Every so-many-th call in an ordinary run, all of them in a long one.</summary>
    private static int Stride => FaultBudget.IsLong ? 1 : 3;

    [SkippableTheory]
    [InlineData(IoMode.Direct, "pwritev2")]
    [InlineData(IoMode.Buffered, "pwrite64")]
    public Task Row16_A_write_that_the_kernel_only_claims_is_detected(IoMode mode, string call) =>
        KernelRow.RunAsync("P", [16], async () =>
    {
        Machine.Require(mode);
        Strace.Require();
        int runs = 0;
        foreach (int round in SuiteShare.Processes.Rounds($"lies of {call}", 5))
        {
            int when = 3 + (2 * round);
            using ScratchDirectory scratch = new();
            await SmallLogs.CreateAsync(scratch.Path, 0, 0, mode);
            using ChildWriter child =
                Strace.Start(call, $"retval=4096:when={when}", scratch.Path, mode);
            Journal journal = new();
            journal.Note(1, await child.EndAsync());
            try
            {
                await using WriteAheadLog log = await SmallLogs.OpenAsync(scratch.Path, mode);
                journal.Check(log);
            }
            catch (CorruptionException found)
            {
                Assert.StartsWith(scratch.Path, found.Path, StringComparison.Ordinal);
            }

            runs++;
        }

        return runs;
    });

    [SkippableTheory]
    [InlineData(IoMode.Direct)]
    [InlineData(IoMode.Buffered)]
    public Task Row17_A_read_error_at_opening_is_never_taken_for_the_end(IoMode mode) =>
        KernelRow.RunAsync("P", [17], async () =>
    {
        Machine.Require(mode);
        Strace.Require();
        using ScratchDirectory scratch = new();
        Journal journal = new();
        using (ChildWriter first = ChildWriter.Start(
            scratch.Path, mode.ToString(), "0", "1", "steady"))
        {
            await first.SaysAsync("ack", 40);
            journal.Note(0, await first.KillAsync());
        }

        int runs = 0;
        foreach (int round in SuiteShare.Processes.Rounds($"read errors, {mode}", 15, least: 5))
        {
            int when = 1 + round;
            using ChildWriter child = Strace.Start(
                "pread64", $"error=EIO:when={when}", scratch.Path, mode, "once", run: when);
            List<string> lines = await child.EndAsync();
            Assert.DoesNotContain("open CorruptionException", lines);
            journal.Note(when, lines);
            await using WriteAheadLog log = await SmallLogs.OpenAsync(scratch.Path, mode);
            journal.Check(log);
            runs++;
        }

        return runs;
    });

    [SkippableTheory]
    [InlineData(IoMode.Direct, "signal=SIGKILL")]
    [InlineData(IoMode.Buffered, "signal=SIGKILL")]
    [InlineData(IoMode.Direct, "error=EIO")]
    [InlineData(IoMode.Buffered, "error=EIO")]
    public Task Row18_25_and_27_Killed_or_failing_at_the_kth_call_of_everything_a_log_does(
        IoMode mode, string inject) =>
        KernelRow.RunAsync("P", inject == "error=EIO" ? [18] : [25, 27], async () =>
    {
        Machine.Require(mode);
        Strace.Require();
        int runs = 0;
        int harmless = 0;
        int when = 1;
        for (; harmless < HarmlessInARow && !(runs > 0 && SuiteShare.Processes.IsOver); when += Stride)
        {
            using ScratchDirectory scratch = new();
            Journal journal = new();
            harmless++;

            // The second tour begins with recovering what the first has left.
            for (int run = 1; run <= 2; run++)
            {
                using ChildWriter child = Strace.Start(
                    Changes, $"{inject}:when={when}", scratch.Path, mode, "tour", run);
                List<string> lines = await child.EndAsync();
                harmless = lines.Contains("closed") ? harmless : 0;
                journal.Note(run, lines);
                runs++;
            }

            for (int opening = 0; opening < 2; opening++)
            {
                await using WriteAheadLog log = await SmallLogs.OpenAsync(scratch.Path, mode);
                journal.Check(log);
            }
        }

        bool cut = harmless < HarmlessInARow;
        SuiteShare.Processes.Say($"{inject} at the k-th call, {mode}", $"k up to {when - 1}", cut);
        Assert.True(cut || runs > 2 * HarmlessInARow, $"only {runs} runs");
        return runs;
    });

    [SkippableFact]
    public Task Row29_A_second_process_is_refused_and_a_killed_ones_lock_is_free() =>
        KernelRow.RunAsync("P", [29], async () =>
    {
        using ScratchDirectory scratch = new();
        using ChildWriter first = ChildWriter.Start(
            scratch.Path, nameof(IoMode.Buffered), "0", "1", "steady");
        await first.SaysAsync("ack", 3);
        await Assert.ThrowsAsync<DirectoryLockedException>(
            async () => await SmallLogs.OpenAsync(scratch.Path));
        using ChildWriter second = ChildWriter.Start(
            scratch.Path, nameof(IoMode.Buffered), "1", "1", "once");
        Assert.Equal(["open DirectoryLockedException"], await second.EndAsync());

        Journal journal = new();
        journal.Note(0, await first.KillAsync());
        await using WriteAheadLog log = await SmallLogs.OpenAsync(scratch.Path);
        journal.Check(log);
        return 2;
    });

    [SkippableTheory]
    [InlineData("ENOLCK")]
    [InlineData("EOPNOTSUPP")]
    public Task Row30_Locks_that_are_not_supported_are_refused(string error) =>
        KernelRow.RunAsync("P", [30], async () =>
    {
        Strace.Require();
        using ScratchDirectory scratch = new();
        using ChildWriter child = Strace.Start(
            "flock", $"error={error}:when=1+", scratch.Path, IoMode.Buffered);
        Assert.Equal(["open StorageIOException"], await child.EndAsync());
        return 1;
    });

    [SkippableTheory]
    [InlineData(IoMode.Buffered)]
    [InlineData(IoMode.Direct)]
    public Task Row31_A_wall_clock_that_jumps_changes_neither_order_nor_progress(IoMode mode) =>
        KernelRow.RunAsync("P", [31], async () =>
    {
        Machine.Require(mode);
        string library = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";
        Skip.IfNot(File.Exists(library), "libfaketime is not installed");
        using ScratchDirectory scratch = new();
        string clock = scratch.Sibling("clock");
        await File.WriteAllTextAsync(clock, "+0d");
        using ChildWriter child = ChildWriter.StartUnder(
            "env",
            [$"LD_PRELOAD={library}", $"FAKETIME_TIMESTAMP_FILE={clock}", "FAKETIME_NO_CACHE=1"],
            scratch.Path, mode.ToString(), "0", "1", "steady");
        string[] jumps = ["+3d", "-2000d", "+9000d", "-1d", "+0d"];
        foreach (string jump in jumps)
        {
            await child.SaysAsync("ack", child.CountOf("ack") + 20);
            await File.WriteAllTextAsync(clock, jump);
        }

        await child.SaysAsync("ack", child.CountOf("ack") + 20);
        List<string> lines = await child.StopAsync();
        Assert.Equal("closed", lines[^1]);
        Journal journal = new();
        journal.Note(0, lines);
        await using WriteAheadLog log = await SmallLogs.OpenAsync(scratch.Path, mode);
        journal.Check(log);
        AssertTimesNeverFall(log);
        return jumps.Length;
    });

    private static void AssertTimesNeverFall(WriteAheadLog log)
    {
        using LogReader reader = log.OpenReader(log.FirstSequence);
        DateTimeOffset first = DateTimeOffset.MaxValue;
        DateTimeOffset last = DateTimeOffset.MinValue;
        while (reader.TryRead(out StoredRecord record))
        {
            Assert.True(record.Time >= last, $"the time of {record.Sequence} went back");
            last = record.Time;
            first = record.Time < first ? record.Time : first;
        }

        Assert.True(last - first > TimeSpan.FromDays(1000), "the clock never jumped");
    }
}
