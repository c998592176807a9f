using LogEngine.CrashSim.Simulated;
using LogEngine.Testing.Crash;
using LogEngine.Testing.Disk;
using LogEngine.Testing.Model;
using LogEngine.Testing.Running;

namespace LogEngine.CrashSim.EngineFaults;

/// <summary>
/// A workload while the disk fails: every step may fail, with a typed error; an engine that has
/// faulted acknowledges nothing more; and once the disk works again, a new open shows what was
/// promised.
/// </summary>
internal sealed class FaultyEngineRun
{
    private readonly EngineWorkload _workload;
    private readonly EngineRun _run;
    private readonly SimulatedMachine _machine;
    private readonly HashSet<ulong> _images = [];

    private FaultyEngineRun(EngineWorkload workload, SimulatedFileSystem disk)
    {
        _workload = workload;
        _run = new EngineRun(workload, disk);
        _machine = _run.Machine;
    }

    /// <summary>What it came to.</summary>
    /// <param name="workload">What is done.</param>
    /// <param name="breakDisk">Called once the steps begin.</param>
    /// <param name="repair">Called when they are over.</param>
    /// <param name="mayFault">Whether the engine may be faulted at the end.</param>
    internal static FaultyOutcome Run(
        EngineWorkload workload,
        Action<SimulatedFileSystem> breakDisk,
        Action<SimulatedFileSystem> repair,
        bool mayFault)
    {
        SimulatedFileSystem disk = new();
        FaultyEngineRun run = new(workload, disk);
        run._run.Begin();
        disk.BeforeChange = null;
        breakDisk(disk);
        run.RunSteps();
        bool struck = disk.Faults.Struck > 0;
        if (!mayFault && run._run.Engine is { Faulted.IsCompleted: true })
        {
            run.Fail("the engine is faulted, though only snapshots and compaction failed");
        }

        repair(disk);
        disk.Faults.Clear();
        if (!mayFault)
        {
            run.CheckGoesOn();
        }

        long states = run.CheckAfterwards();
        return new FaultyOutcome(struck, states, run._images, run._run.Problems);
    }

    private void Fail(string problem) => _run.Problems.Add(problem);

    private void RunSteps()
    {
        foreach (EngineStep step in _workload.Steps)
        {
            bool reopens = step is EngineStep.Reopen or EngineStep.Kill;
            if (_run.Engine is null && !reopens)
            {
                continue;
            }

            bool faulted = _run.Engine?.Faulted.IsCompleted ?? false;
            long before = _run.Engine?.VisibleSequence ?? 0;
            Guard(step.ToString(), () => _run.Do(step));
            if (faulted && !reopens && _run.Engine!.VisibleSequence > before)
            {
                Fail($"O7: {step} was made visible by a faulted engine");
            }

            Guard("working", _run.RunSome);
            if (_run.Engine is null && _machine.Disk.OpenFiles.Count != 0)
            {
                Fail($"O10: open without an engine: {string.Join(' ', _machine.Disk.OpenFiles)}");
            }
        }

        Guard("idling", _machine.Scheduler.RunToIdle);
        _run.NoteOutcomes();
    }

    /// <summary>Only the errors that the public surface names may come out.</summary>
    private void Guard(string what, Action action)
    {
        try
        {
            action();
        }
        catch (Exception error) when (error is LogEngineException)
        {
            if (error is CorruptionException)
            {
                Fail($"O6: {what} reported corruption: {error.Message}");
            }
        }
        catch (Exception error)
        {
            Fail($"O6: {what} threw an untyped error: {error}");
        }
    }

    /// <summary>
    /// The disk works again: the same instance shows everything, and snapshots and compacts.
    /// </summary>
    private void CheckGoesOn()
    {
        if (_run.Engine is not { } engine)
        {
            return;
        }

        try
        {
            Check("while it goes on", EngineProbe.Read(engine), killOnly: true);
            _machine.Wait(engine.CompactAsync().AsTask());
            _machine.Wait(engine.SnapshotAsync().AsTask());
            _machine.Scheduler.RunToIdle();
            Check("after it has compacted", EngineProbe.Read(engine), killOnly: true);
        }
        catch (LogEngineException error)
        {
            Fail($"O9: it does not go on once the disk works again: {error.Message}");
        }
    }

    private void Check(string when, EngineState found, bool killOnly)
    {
        if (_run.Journal.Now().Violation(found, killOnly) is { } problem)
        {
            Fail($"{when}: {problem}");
        }
    }

    /// <summary>The process restarts, or the power fails; the disk works again.</summary>
    private long CheckAfterwards()
    {
        _run.NoteDurable();
        EngineExpectation expected = _run.Journal.Now();
        CrashUnits units = CrashUnits.Of(_machine.Disk.Snapshot(), SimPage.Size);
        long states = 0;
        foreach (bool[] keep in CrashChoices.Of(units.Units, 2, 0, 1, _workload.Seed).Take(6))
        {
            states++;
            CheckImage("after a power loss", units.Build(keep), expected);
        }

        _machine.Kill();
        return states + CheckRestart(expected);
    }

    /// <summary>
    /// The process restarts on the same cache; what it shows must survive a power loss after that.
    /// </summary>
    private long CheckRestart(EngineExpectation expected)
    {
        EmbeddedEngine? engine = null;
        Guard("restarting", () => engine =
            _machine.OpenEngine(EngineWorkload.Directory, _workload.Options));
        if (engine is null)
        {
            Fail("O9: it does not open once the disk works again");
            return 1;
        }

        EngineState shown = EngineProbe.Read(engine);
        if (expected.Violation(shown, killOnly: false) is { } problem)
        {
            Fail($"after a restart: {problem}");
        }

        CrashUnits units = CrashUnits.Of(_machine.Disk.Snapshot(), SimPage.Size);
        long states = 1;
        foreach (bool[] keep in CrashChoices.Of(units.Units, 2, 0, 1, _workload.Seed).Take(4))
        {
            states++;
            EngineState again = Recover(units.Build(keep));
            if ((again.Problem ?? again.DifferenceFrom(shown)) is { } difference)
            {
                Fail($"O4: after a restart and a power loss: {difference}");
            }
        }

        Guard("finishing", _machine.Scheduler.RunToIdle);
        Guard("closing", () => _machine.Wait(engine.CloseAsync().AsTask()));
        if (_machine.Disk.OpenFiles.Count != 0)
        {
            Fail($"O10: open after closing: {string.Join(' ', _machine.Disk.OpenFiles)}");
        }

        return states;
    }

    private void CheckImage(string when, CrashImage image, EngineExpectation expected)
    {
        if (expected.Violation(Recover(image), killOnly: false) is { } problem)
        {
            Fail($"{when}: {problem}");
        }
    }

    private EngineState Recover(CrashImage image)
    {
        _images.Add(image.Hash);
        SimulatedMachine machine = new(image.Mount(), _workload.Seed + 1);
        return EngineProbe.Recover(machine, EngineWorkload.Directory, _workload.Options);
    }
}
