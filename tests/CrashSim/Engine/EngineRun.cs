using LogEngine.Testing.Disk;
using LogEngine.Testing.Model;
using LogEngine.Testing.Running;

namespace LogEngine.CrashSim.EngineFaults;

/// <summary>
/// Runs a workload on a simulated machine and records every moment it may die at.
/// </summary>
internal sealed class EngineRun
{
    private readonly EngineWorkload _workload;
    private readonly SimulatedMachine _machine;
    private readonly EngineJournal _journal = new();
    private readonly List<EnginePoint> _points = [];
    private readonly List<string> _problems = [];
    private readonly Random _random;
    private readonly EngineActions _actions;
    private readonly List<(EmbeddedReadView View, EngineState Shown)> _views = [];
    private EmbeddedEngine? _engine;
    private int _step;
    private long _snapshots;
    private long _freed;
    private long _relocated;

    internal EngineRun(EngineWorkload workload, SimulatedFileSystem disk)
    {
        _workload = workload;
        _machine = new SimulatedMachine(disk, workload.Seed);
        _random = new Random(workload.Seed);
        _actions = new EngineActions(_machine, _journal, _random);
    }

    internal SimulatedMachine Machine => _machine;

    internal EngineJournal Journal => _journal;

    internal EmbeddedEngine? Engine => _engine;

    internal List<string> Problems => _problems;

    /// <summary>Runs it undisturbed and records it.</summary>
    internal static EngineRecording Record(EngineWorkload workload, bool keepText = false)
    {
        SimulatedFileSystem disk = new();
        if (keepText)
        {
            disk.Trace.KeepText();
        }

        return new EngineRun(workload, disk).Record();
    }

    /// <summary>Opens and brings it to where the steps begin.</summary>
    internal void Begin()
    {
        if (!_workload.Filled)
        {
            _machine.Disk.BeforeChange = NotePoint;
        }

        _engine = _machine.OpenEngine(EngineWorkload.Directory, _workload.Options);
        if (_workload.Filled)
        {
            _actions.Prepare(_engine);
            _machine.Scheduler.RunToIdle();
            _machine.Disk.BeforeChange = NotePoint;
        }
    }

    /// <summary>Does one step; afterwards it may be another instance.</summary>
    internal void Do(EngineStep step)
    {
        _machine.Disk.Trace.Remark(step.ToString());
        if (step == EngineStep.HoldView && _engine is not null)
        {
            EmbeddedReadView view = _engine.OpenReadView();
            _views.Add((view, Undisturbed(() => EngineProbe.Read(_engine, view))));
            return;
        }

        if (step is EngineStep.Reopen or EngineStep.Kill)
        {
            CheckViews();
            NoteStatistics();
            EmbeddedEngine? old = _engine;
            _engine = null;
            if (step == EngineStep.Kill)
            {
                _machine.Kill();
            }
            else if (old is not null)
            {
                _machine.Wait(old.CloseAsync().AsTask());
            }

            Open(step);
            return;
        }

        if (_engine is not null)
        {
            _actions.Do(step, _engine);
        }
    }

    /// <summary>Opens another instance, which must show what was promised.</summary>
    internal void Open(EngineStep after)
    {
        EngineExpectation expected = _journal.Now();
        EmbeddedEngine opened = _machine.OpenEngine(EngineWorkload.Directory, _workload.Options);
        EngineState state = Undisturbed(() => EngineProbe.Read(opened));
        bool whole = _machine.Disk.Faults.Struck == 0;
        if (expected.Violation(state, killOnly: whole) is { } problem)
        {
            _problems.Add($"after {after}: {problem}");
        }

        NoteOutcomes();
        _journal.Reopened(state);
        _engine = opened;
    }

    /// <summary>Lets a few pieces of work happen, and notes what is complete by then.</summary>
    internal void RunSome()
    {
        for (int i = _random.Next(6); i > 0 && _machine.Scheduler.RunOne(); i--)
        {
        }

        NoteDurable();
    }

    /// <summary>What callers were told must fit one order of all writes.</summary>
    internal void NoteOutcomes()
    {
        if (OutcomeCheck.Violation(_journal.Era) is { } problem)
        {
            _problems.Add(problem);
        }
    }

    /// <summary>Looks at an engine as if its disk were sound.</summary>
    private T Undisturbed<T>(Func<T> look)
    {
        int limit = _machine.Disk.DescriptorLimit;
        _machine.Disk.DescriptorLimit = int.MaxValue;
        _machine.Disk.Faults.IsSuspended = true;
        try
        {
            return look();
        }
        finally
        {
            _machine.Disk.Faults.IsSuspended = false;
            _machine.Disk.DescriptorLimit = limit;
        }
    }

    private EngineRecording Record()
    {
        Begin();
        foreach (EngineStep step in _workload.Steps)
        {
            Do(step);
            RunSome();
            _step++;
        }

        _machine.Scheduler.RunToIdle();
        NotePoint(_machine.Disk);
        NoteStatistics();
        NoteOutcomes();
        CheckViews();
        CheckEnd();
        EngineRecording recording = new(
            _workload,
            _points,
            _machine.Disk.Trace.Hash,
            _machine.Disk.Trace.Lines,
            _problems,
            _snapshots,
            _freed,
            _relocated);
        _machine.Discard(_engine!);
        return recording;
    }

    /// <summary>Views show what they showed first, whatever was written, moved and freed since.</summary>
    internal void CheckViews()
    {
        foreach ((EmbeddedReadView view, EngineState shown) in _views)
        {
            EngineState now = Undisturbed(() => EngineProbe.Read(_engine!, view));
            if ((now.Problem ?? now.DifferenceFrom(shown)) is { } problem)
            {
                _problems.Add($"a view of {view.Sequence} has changed: {problem}");
            }

            view.Dispose();
        }

        _views.Clear();
    }

    /// <summary>The engine that has come to rest shows all that was written, and nothing is left over.</summary>
    private void CheckEnd()
    {
        EngineState state = EngineProbe.Read(_engine!);
        if (_journal.Now().Violation(state, killOnly: true) is { } problem)
        {
            _problems.Add($"at the end: {problem}");
        }

        if (EngineAudit.Violation(_engine!, swept: true) is { } audit)
        {
            _problems.Add($"at the end: {audit}");
        }

        if (_engine!.Statistics.MaintenanceFailure is { } failure)
        {
            _problems.Add($"maintenance failed: {failure}");
        }
    }

    private void NoteStatistics()
    {
        if (_engine is not null)
        {
            EmbeddedStatistics statistics = _engine.Statistics;
            _snapshots += statistics.SnapshotsWritten;
            _freed += statistics.SegmentsFreed;
            _relocated += statistics.RelocatedBytes;
        }
    }

    /// <summary>Notes what the engine has shown so far.</summary>
    internal void NoteDurable()
    {
        if (_engine is not null)
        {
            _journal.DurableShown(_engine);
        }

        _journal.Now();
    }

    private void NotePoint(SimulatedFileSystem disk)
    {
        NoteDurable();
        if (_step < _workload.CrashFrom)
        {
            return;
        }

        _points.Add(new EnginePoint(disk.Snapshot(), _journal.Now()));
    }
}
