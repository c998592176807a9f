using LogEngine.CrashSim.Simulated;
using LogEngine.Testing.Crash;
using LogEngine.Testing.Disk;
using LogEngine.Testing.Model;
using LogEngine.Testing.Running;

namespace LogEngine.CrashSim.EngineFaults;

/// <summary>
/// Crashes an engine that is watched, opens what is left and goes on from what the watchers have kept: what
/// they then have must be what the engine has, and every write must have been told once.
/// </summary>
internal sealed class WatchHunt(WatchRecording recording, RowResult result)
{
    /// <summary>States of one moment.</summary>
    private const int MostChoices = 4;

    /// <summary>A share of a workload is every so-many-th moment of it.</summary>
    private const int Shares = 16;

    /// <summary>In one state of so many, who slept from an earlier moment on goes on after a compaction.</summary>
    private const int LateEvery = 8;

    private readonly HashSet<(ulong, long)> _judged = [];
    private readonly EngineWorkload _workload = recording.Workload;
    private readonly Random _random = new(recording.Workload.Seed);

    internal static IReadOnlyList<EngineStep[]> Sequences { get; } =
    [
        [
            EngineStep.LargeGivesWay, EngineStep.PutWeak, EngineStep.Put, EngineStep.Batch,
            EngineStep.LargeGivesWay, EngineStep.PutWeak, EngineStep.Racing, EngineStep.DeleteRange,
            EngineStep.Chunked, EngineStep.LargeGivesWay, EngineStep.PutWeak, EngineStep.Idle,
        ],
        [
            EngineStep.Fill, EngineStep.Compact, EngineStep.Fill, EngineStep.CompactBeside,
            EngineStep.Kill, EngineStep.Fill, EngineStep.Drop, EngineStep.Batch, EngineStep.Compact,
            EngineStep.Put,
        ],
        [
            EngineStep.Touch, EngineStep.Expiring, EngineStep.Fill, EngineStep.Snapshot,
            EngineStep.Fill, EngineStep.Compact, EngineStep.Kill, EngineStep.Fill, EngineStep.Compact,
            EngineStep.Reopen, EngineStep.Fill, EngineStep.ExpireWhilePut,
        ],
    ];

    /// <summary>How often a watch went on from where it stood.</summary>
    internal int WentOn { get; private set; }

    /// <summary>How often changes were lost, and said to be.</summary>
    internal int Lost { get; private set; }

    /// <summary>Hunts until something is found, or all is looked at, or the time is over.</summary>
    internal static RowResult UntilFailure(FaultBudget budget) => UntilFailure(budget, out _, out _);

    /// <param name="budget">The time.</param>
    /// <param name="wentOn">How often a watch went on from where it stood.</param>
    /// <param name="lost">How often changes were lost, and said to be.</param>
    internal static RowResult UntilFailure(FaultBudget budget, out int wentOn, out int lost)
    {
        using PlainContext plain = PlainContext.Enter();
        RowResult result = new();
        wentOn = lost = 0;
        WatchHunt[] hunts =
        [
            .. EngineHunt.Workloads(Sequences, 500)
                .Select(w => new WatchHunt(WatchRun.Record(w), result)),
        ];
        foreach (WatchHunt hunt in hunts)
        {
            hunt.NoteProblems();
        }

        // A share of every workload before the next share of any; the first one whatever the time.
        for (int share = 0; share < Shares && !IsOver(share, budget, result); share++)
        {
            foreach (WatchHunt hunt in hunts)
            {
                hunt.Run(share, budget);
            }
        }

        wentOn = hunts.Sum(h => h.WentOn);
        lost = hunts.Sum(h => h.Lost);
        return result;
    }

    private static bool IsOver(int share, FaultBudget budget, RowResult result) =>
        result.HasFailed || (share > 0 && budget.IsOver);

    private void NoteProblems()
    {
        Lost += recording.Lost;
        foreach (string problem in recording.Problems)
        {
            result.Fail($"{_workload}: {problem}");
        }
    }

    private void Run(int share, FaultBudget budget)
    {
        for (int i = share; i < recording.Points.Count; i += Shares)
        {
            if (IsOver(share, budget, result))
            {
                return;
            }

            WatchPoint point = recording.Points[i];
            long told = point.Watchers.Sum(w => w.Kept.Position?.Commit ?? 0);
            CrashUnits units = CrashUnits.Of(point.Disk, SimPage.Size);
            foreach (bool[] keep in CrashChoices.Of(
                units.Units, exhaust: 2, pairs: 0, random: 2, _workload.Seed + i).Take(MostChoices))
            {
                CrashImage image = units.Build(keep);
                if (_judged.Add((image.Hash, told)))
                {
                    result.Add(1, [image.Hash]);
                    Judge(image, i);
                }
            }
        }
    }

    private void Judge(CrashImage image, int index)
    {
        SimulatedMachine machine = new(image.Mount(), _workload.Seed + 1);
        try
        {
            EmbeddedEngine engine = machine.OpenEngine(EngineWorkload.Directory, _workload.Options);
            Watcher[] watchers =
            [
                .. recording.Points[index].Watchers.Select(w => GoOn(machine, engine, w.Kept, !w.IsAwake)),
            ];
            Array.ForEach(watchers, w => CatchUp(engine, w, index));
            if (_judged.Count % LateEvery == 0)
            {
                machine.Wait(engine.CompactAsync().AsTask());
                machine.Wait(engine.SnapshotAsync().AsTask());
                machine.Wait(engine.CompactAsync().AsTask());
                WatchMemory earlier = recording.Points[_random.Next(index + 1)].Watchers[0].Kept;
                CatchUp(engine, GoOn(machine, engine, earlier, mayLose: true), index);
            }

            machine.Discard(engine);
        }
        catch (Exception error) when (error is LogEngineException or InvalidOperationException)
        {
            Fail(index, error.ToString());
        }
    }

    private Watcher GoOn(
        SimulatedMachine machine, EmbeddedEngine engine, WatchMemory kept, bool mayLose)
    {
        Watcher watcher = new(machine, kept, _workload.Seed + 2);
        watcher.Begin(engine, mayLose);
        return watcher;
    }

    /// <summary>Reads to the end, which may move on, and judges.</summary>
    private void CatchUp(EmbeddedEngine engine, Watcher watcher, int index)
    {
        EngineState state;
        do
        {
            state = EngineProbe.Read(engine);
            watcher.RunUntil(state.Sequence);
        }
        while (watcher.Problem is null && watcher.Kept.Position!.Value.Commit != state.Sequence);

        WentOn += watcher.Lost == 0 ? 1 : 0;
        Lost += watcher.Lost;
        string? problem = watcher.Problem ?? state.Problem ?? watcher.Kept.Violation(
            state,
            engine.Recovery.LastSequence,
            recording.Written(watcher.Kept.Keyspace),
            recording.Submitted);
        if (problem is not null)
        {
            Fail(index, $"watching {watcher.Kept.Keyspace}: {problem}");
        }
    }

    private void Fail(int index, string problem) => result.Fail(
        $"{_workload}: at moment {index} of {recording.Points.Count}: {problem}");
}
