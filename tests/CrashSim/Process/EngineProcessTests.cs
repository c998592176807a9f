using LogEngine.CrashSim.Kernel;
using LogEngine.CrashSim.Simulated;

namespace LogEngine.CrashSim.Processes;

/// <summary>
/// Rows 17, 18, 25, 27 for an engine in a real process: it is killed, and its calls fail, while it
/// writes, snapshots, compacts and frees.
/// </summary>
public sealed class EngineProcessTests
{
    private const int KillRounds = 10;

    private const string Changes =
        "pwrite64,pwritev2,fdatasync,fsync,fallocate,ftruncate,renameat,renameat2,unlinkat";

    /// <summary>Seconds of one list of failing calls in an ordinary run.</summary>
    private const double Seconds = 5;

    /// <summary>Calls are counted by thread; no thread of a tour makes many more than so many.</summary>
    private const int MostCalls = 140;

    [SkippableTheory]
    [InlineData(IoMode.Direct, 1)]
    [InlineData(IoMode.Buffered, 2)]
    public Task Row25_Everything_acknowledged_survives_kills_of_an_engines_writer(
        IoMode mode, int seed) => KernelRow.RunAsync("P", [25], async () =>
    {
        Machine.Require(mode);
        using ScratchDirectory scratch = new();
        Random random = new(seed * FaultBudget.Seed);
        EngineLines known = new();
        int done = 0;
        foreach (int round in SuiteShare.Engines.Rounds(
            $"kills of a {mode} engine", FaultBudget.IsLong ? 100 : KillRounds, least: 3))
        {
            using ChildWriter child =
                ChildEngine.Start(scratch.Path, mode, round, random.Next(1 << 20));

            // Some kills hit what follows the opening.
            await (random.Next(4) == 0
                ? child.OpensAsync()
                : child.SaysAsync("ack", random.Next(1, 120)));
            Assert.False(child.HasExited, $"ended by itself in round {round}");
            known.Note(round, await child.KillAsync());
            await ChildEngine.CheckAsync(scratch.Path, mode, known, Durability.ProcessCrash);
            done++;
        }

        Assert.True(known.Acknowledged > 5 * done, $"only {known.Acknowledged} acknowledged");
        return done;
    });

    [SkippableTheory]
    [InlineData(IoMode.Direct, "signal=SIGKILL")]
    [InlineData(IoMode.Buffered, "signal=SIGKILL")]
    [InlineData(IoMode.Direct, "error=EIO")]
    [InlineData(IoMode.Buffered, "error=EIO")]
    [InlineData(IoMode.Buffered, "error=ENOSPC")]
    public Task Row18_25_and_27_Killed_or_failing_at_the_kth_call_of_everything_an_engine_does(
        IoMode mode, string inject) => KernelRow.RunAsync(
            "P", inject.StartsWith("error", StringComparison.Ordinal) ? [18] : [25, 27], async () =>
    {
        Machine.Require(mode);
        Strace.Require();
        FaultBudget budget = FaultBudget.OfAtLeast(Seconds);
        int[] calls = [.. Enumerable.Range(1, MostCalls)];
        new Random(FaultBudget.Seed).Shuffle(calls);
        int done = 0;
        int struck = 0;
        foreach (int when in calls.TakeWhile(_ => done == 0 || !budget.IsOver))
        {
            using ScratchDirectory scratch = new();
            EngineLines known = new();

            // The second tour begins with recovering what the first has left.
            for (int run = 1; run <= 2; run++)
            {
                // A failing open would meet the runtime too, which has files of its own to load.
                string hit = inject.StartsWith("error", StringComparison.Ordinal)
                    ? Changes
                    : Changes + ",openat";
                using ChildWriter child = Strace.Start(
                    hit, $"{inject}:when={when}", scratch.Path, mode, "engine-tour", run);
                List<string> lines = await child.EndAsync();
                struck += !lines.Contains("closed") || lines.Any(IsTrouble) ? 1 : 0;
                known.Note(run, lines);
            }

            await ChildEngine.CheckAsync(scratch.Path, mode, known, Durability.ProcessCrash);
            done++;
        }

        Console.WriteLine(
            $"{inject} of an engine's calls, {mode}: {done} of {calls.Length} numbers, in {struck} of "
            + $"{2 * done} runs it struck, {budget.Elapsed.TotalSeconds:F0} s");
        return 2 * done;
    });

    [SkippableTheory]
    [InlineData(IoMode.Direct)]
    [InlineData(IoMode.Buffered)]
    public Task Row17_A_read_error_at_opening_an_engine_is_never_taken_for_damage(IoMode mode) =>
        KernelRow.RunAsync("P", [17], async () =>
    {
        Machine.Require(mode);
        Strace.Require();
        using ScratchDirectory scratch = new();
        EngineLines known = new();
        using (ChildWriter first = ChildEngine.Start(scratch.Path, mode, 0, 1))
        {
            await first.SaysAsync("ack", 60);
            known.Note(0, await first.KillAsync());
        }

        int runs = 0;
        foreach (int round in SuiteShare.Engines.Rounds(
            $"read errors of an engine, {mode}", FaultBudget.IsLong ? 60 : 4, least: 2))
        {
            using ChildWriter child = Strace.Start(
                "pread64",
                $"error=EIO:when={1 + (3 * round)}",
                scratch.Path,
                mode,
                "engine-tour",
                100 + round);
            List<string> lines = await child.EndAsync();
            Assert.DoesNotContain("failed CorruptionException", lines);
            known.Note(100 + round, lines);
            await ChildEngine.CheckAsync(scratch.Path, mode, known, Durability.ProcessCrash);
            runs++;
        }

        return runs;
    });

    [Fact]
    public async Task A_promise_that_was_not_kept_is_found_out()
    {
        using ScratchDirectory scratch = new();
        using ChildWriter child = ChildEngine.Start(scratch.Path, IoMode.Buffered, 0, 1);
        await child.SaysAsync("ack", 30);
        List<string> lines = await child.StopAsync();
        Assert.Equal("closed", lines[^1]);
        await using EmbeddedEngine engine = await ChildEngine.OpenAsync(
            scratch.Path, IoMode.Buffered);
        long last = engine.VisibleSequence;
        foreach (string[] lie in (string[][])
        [
            [$"try 9 0 {last} 2 p:own0:new::40", $"ack 9 0 {last + 1} {last + 1}"],
            [$"try 9 0 {last - 1} 2 p:own0:new::40", $"ack 9 0 {last} {last}"],
            [$"try 9 0 {last - 1} 2 x:own0:::0", $"ack 9 0 {last} {last}"],
        ])
        {
            EngineLines known = new();
            known.Note(0, [.. lines, .. lie]);
            Assert.ThrowsAny<Exception>(() => known.Check(engine, Durability.PowerLoss));
        }

        EngineLines honest = new();
        honest.Note(0, lines);
        honest.Check(engine, Durability.ProcessCrash);
    }

    private static bool IsTrouble(string line) =>
        line.StartsWith("refused", StringComparison.Ordinal)
        || line.StartsWith("faulted", StringComparison.Ordinal)
        || line.StartsWith("undone", StringComparison.Ordinal);
}
