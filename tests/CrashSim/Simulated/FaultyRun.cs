using LogEngine.Testing.Crash;
using LogEngine.Testing.Disk;
using LogEngine.Testing.Oracle;
using LogEngine.Testing.Running;

namespace LogEngine.CrashSim.Simulated;

/// <summary>What a workload on a failing disk came to.</summary>
internal sealed record FaultyOutcome(
    bool Struck, long States, IReadOnlyCollection<ulong> Images, IReadOnlyList<string> Problems);

/// <summary>
/// A workload while the disk fails: every step may fail, with a typed error; a log that has faulted
/// acknowledges nothing more; and once the disk works again, a new open shows what was promised.
/// </summary>
internal sealed partial class WorkloadRun
{
    private readonly HashSet<ulong> _images = [];

    /// <summary>Runs it under faults, then opens what is left of it.</summary>
    internal static FaultyOutcome RunFaulty(
        Workload workload,
        Action<SimulatedFileSystem> breakDisk,
        Action<SimulatedFileSystem> repair)
    {
        SimulatedFileSystem disk = new();
        WorkloadRun run = new(workload, disk);
        breakDisk(disk);
        run.RunSteps();
        bool struck = disk.Faults.Struck > 0;
        repair(disk);
        disk.Faults.Clear();
        long states = run.CheckAfterwards();
        return new FaultyOutcome(struck, states, run._images, run._problems);
    }

    /// <summary>
    /// Runs it on a disk that loses a write in silence; then closes and opens it.
    /// </summary>
    internal static IReadOnlyList<string> RunOnLyingDisk(
        Workload workload, SimulatedFileSystem disk)
    {
        WorkloadRun run = new(workload, disk);
        try
        {
            run._log = run._machine.Open(Workload.Directory, workload.Options);
            foreach (LogStep step in workload.Steps)
            {
                run.Do(step);
            }

            run._machine.Wait(run._log.CloseAsync().AsTask());
        }
        catch (CorruptionException)
        {
            // Found before the end: all that is asked for.
            return [];
        }

        Expectation expected = run._journal.Now();
        RecoveredState found = LogProbe.Recover(
            run._machine, Workload.Directory, workload.Options, expected.Era);
        if (LyingDisk.Violation(found, expected) is { } problem)
        {
            run._problems.Add(problem);
        }

        return run._problems;
    }

    private void RunSteps()
    {
        Guard("opening", () => _log = _machine.Open(Workload.Directory, _workload.Options));
        foreach (LogStep step in _workload.Steps)
        {
            if (_log is null && step is not (LogStep.Reopen or LogStep.Kill))
            {
                continue;
            }

            bool faulted = _log?.Faulted.IsCompleted ?? false;
            long before = _log?.LastSequence ?? 0;
            Guard(step.ToString(), () => DoTolerant(step));
            bool same = step is not (LogStep.Reopen or LogStep.Kill);
            if (faulted && same && _log!.LastSequence > before)
            {
                _problems.Add($"O7: {step} was given a sequence by a faulted log");
            }

            RunSome();
            if (_log is null && _machine.Disk.OpenFiles.Count != 0)
            {
                string left = string.Join(' ', _machine.Disk.OpenFiles);
                _problems.Add($"O10: open although there is no log: {left}");
            }
        }

        Guard("idling", _machine.Scheduler.RunToIdle);
    }

    private void DoTolerant(LogStep step)
    {
        if (step == LogStep.Reopen || _log is null)
        {
            // Whatever closing came to, what follows is another instance.
            WriteAheadLog? old = _log;
            _log = null;
            Guard("closing", () => _machine.Wait(old?.CloseAsync().AsTask() ?? Task.CompletedTask));
            Open(killed: false);
            return;
        }

        Do(step);
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
                _problems.Add($"O6: {what} reported corruption: {error.Message}");
            }
        }
        catch (Exception error)
        {
            _problems.Add($"O6: {what} threw an untyped error: {error}");
        }
    }

    /// <summary>The process restarts, or the power fails; the disk works again.</summary>
    private long CheckAfterwards()
    {
        if (_log is not null)
        {
            _journal.DurableShown(_log.DurableSequence);
        }

        Expectation expected = _journal.Now();
        DiskSnapshot snapshot = _machine.Disk.Snapshot();
        CrashUnits units = CrashUnits.Of(snapshot, SimPage.Size);
        long states = 0;
        foreach (bool[] keep in CrashChoices.Of(units.Units, 3, 0, 4, _workload.Seed))
        {
            states++;
            Check("after a power loss", units.Build(keep), expected);
        }

        _machine.Kill();
        return states + CheckRestart(expected);
    }

    /// <summary>
    /// The process restarts on the same cache; what it shows must survive a power loss after that.
    /// </summary>
    private long CheckRestart(Expectation expected)
    {
        WriteAheadLog? log = null;
        Guard("restarting", () => log = _machine.Open(Workload.Directory, _workload.Options));
        if (log is null)
        {
            _problems.Add("O9: it does not open once the disk works again");
            return 1;
        }

        RecoveredState shown = LogProbe.Read(log, expected.Era);
        if (expected.Violation(shown, killOnly: false) is { } problem)
        {
            _problems.Add($"after a restart: {problem}");
        }

        CrashUnits units = CrashUnits.Of(_machine.Disk.Snapshot(), SimPage.Size);
        Expectation afterwards = expected with { Durable = shown.Last, LowAtLeast = shown.First };
        long states = 1;
        foreach (bool[] keep in CrashChoices.Of(units.Units, 3, 0, 4, _workload.Seed))
        {
            states++;
            Check("after a restart and a power loss", units.Build(keep), afterwards);
        }

        Guard("finishing", _machine.Scheduler.RunToIdle);
        Guard("closing", () => _machine.Wait(log.CloseAsync().AsTask()));
        if (_machine.Disk.OpenFiles.Count != 0)
        {
            string left = string.Join(' ', _machine.Disk.OpenFiles);
            _problems.Add($"O10: open after closing: {left}");
        }

        return states;
    }

    private void Check(string when, CrashImage image, Expectation expected)
    {
        _images.Add(image.Hash);
        SimulatedMachine machine = new(image.Mount(), _workload.Seed + 1);
        RecoveredState state = LogProbe.Recover(
            machine, Workload.Directory, _workload.Options, expected.Era, Liveness.GoOn(machine));
        if (expected.Violation(state, killOnly: false) is { } problem)
        {
            _problems.Add($"{when}: {problem}");
        }
    }
}
