using System.Collections.Concurrent;
using LogEngine.CrashSim.Simulated;
using LogEngine.Testing;

namespace LogEngine.CrashSim.Queue;

/// <summary>
/// A disk that fails at its k-th call, whose sync fails, or that is full: every acknowledged enqueue
/// is still delivered, and nothing whose acknowledgement was acknowledged is delivered again, by the
/// queue that is open, after a restart of the process, and after a power loss.
/// </summary>
public sealed class QueueFaultTests
{
    private const int Steps = 60;

    /// <summary>Bodies so large that segments are filled, snapshots written, segments freed.</summary>
    private const int Padding = 3000;
    private const int Eio = 5;
    private const int NoSpace = 28;

    [Theory]
    [InlineData(OperationKinds.Write, Eio, 1, 40, 3)]
    [InlineData(OperationKinds.DataSync, Eio, 1, 12, 1)]
    [InlineData(OperationKinds.Read, Eio, 1, 12, 1)]
    [InlineData(OperationKinds.Allocate | OperationKinds.Create, NoSpace, 1, 8, 1)]
    [InlineData(OperationKinds.Rename | OperationKinds.Unlink, Eio, 1, 6, 1)]
    public void Nothing_promised_is_broken_by_the_kth_call_that_fails(
        OperationKinds kinds, int error, int first, int last, int step)
    {
        ConcurrentBag<bool> felt = [];
        IEnumerable<string> violations = Violations(Enumerable.Range(0, ((last - first) / step) + 1)
            .SelectMany(i => new[] { false, true }.Select(sticky => (
                $"{kinds} {first + (i * step)}, sticky {sticky}",
                (Action<SimulatedDisk>)(disk => disk.Inject(new PlannedFault
                {
                    Kinds = kinds,
                    ErrorNumber = error,
                    Occurrence = first + (i * step),
                    Sticky = sticky,
                }))))),
            felt);
        Assert.True(!violations.Any(), string.Join('\n', violations.Take(5)));
        Assert.Contains(true, felt);
    }

    [Fact]
    public void Nothing_promised_is_broken_by_a_full_disk_of_any_size()
    {
        ConcurrentBag<bool> felt = [];
        IEnumerable<string> violations = Violations(Enumerable.Range(0, 24).Select(i => (
            $"a disk of {160 + (i * 24)} KiB",
            (Action<SimulatedDisk>)(disk => disk.CapacityBytes = (160 + (i * 24)) << 10))),
            felt);
        Assert.True(!violations.Any(), string.Join('\n', violations.Take(5)));
        Assert.Contains(true, felt);
    }

    /// <summary>
    /// The test is tested: a journal that was promised one message more must find it missing in the
    /// queue that is open, after each power loss and after the restart.
    /// </summary>
    [Fact]
    public void A_promise_that_is_not_kept_is_seen_by_every_look()
    {
        QueueJournal journal = new();
        journal.Sending("never enqueued");
        journal.Enqueued("never enqueued");
        List<(string When, string Violation)> found = [.. Run(1, _ => { }, [], journal)];
        Assert.Equal(
            ["the open queue", "power loss 0", "power loss 1", "power loss 2", "power loss 3",
                "restart"],
            found.Select(f => f.When));
        Assert.All(found, f => Assert.Contains(
            "is lost", f.Violation, StringComparison.Ordinal));
    }

    private static ConcurrentBag<string> Violations(
        IEnumerable<(string What, Action<SimulatedDisk> Fault)> faults,
        ConcurrentBag<bool> felt)
    {
        ConcurrentBag<string> violations = [];
        int seeds = FaultBudget.IsLong ? 40 : 1;
        Parallel.ForEach(
            faults.SelectMany((fault, i) => Enumerable.Range(0, seeds)
                .Select(more => (fault.What, fault.Fault, Seed: (i * seeds) + more))),
            run =>
            {
                foreach ((string when, string violation) in
                    Run(run.Seed, run.Fault, felt, new QueueJournal()))
                {
                    violations.Add($"{run.What}, seed {run.Seed}, {when}: {violation}");
                }
            });
        return violations;
    }

    private static IEnumerable<(string When, string Violation)> Run(
        int seed,
        Action<SimulatedDisk> fault,
        ConcurrentBag<bool> felt,
        QueueJournal journal)
    {
        SimulatedDisk disk = new(seed);
        EmbeddedEngine engine = disk.OpenEngine("/store");
        QueueWorkload workload = new(engine, journal, seed, Durability.PowerLoss, Padding);
        List<string>? live = null;
        fault(disk);
        disk.Run(async () => live = await workload.RunFailingAsync(Steps, disk));
        felt.Add(workload.FeltFault);
        if (live is not null && journal.Violation(live) is { } now)
        {
            yield return ("the open queue", now);
        }

        for (int crash = 0; crash < 4; crash++)
        {
            if (journal.Violation(Recover(disk.Crash(crash))) is { } lost)
            {
                yield return ($"power loss {crash}", lost);
            }
        }

        disk.KillProcess();
        if (journal.Violation(Recover(disk)) is { } restarted)
        {
            yield return ("restart", restarted);
        }
    }

    private static List<string> Recover(SimulatedDisk disk)
    {
        List<string> found = [];
        disk.Advance(TimeSpan.FromDays(1));
        EmbeddedEngine recovered = disk.OpenEngine("/store");
        disk.Run(async () => found = await QueueWorkload.ContentsAsync(recovered));
        return found;
    }
}
