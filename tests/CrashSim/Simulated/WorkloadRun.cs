using LogEngine.Testing.Disk;
using LogEngine.Testing.Oracle;
using LogEngine.Testing.Running;

namespace LogEngine.CrashSim.Simulated;

/// <summary>
/// Runs a workload on a simulated machine and records every moment it may die at.
/// </summary>
internal sealed partial class WorkloadRun
{
    private readonly Workload _workload;
    private readonly SimulatedMachine _machine;
    private readonly LogJournal _journal = new();
    private readonly List<CrashPoint> _points = [];
    private readonly List<string> _problems = [];
    private readonly Random _random;
    private WriteAheadLog? _log;
    private long _recycled;

    private WorkloadRun(Workload workload, SimulatedFileSystem disk)
    {
        _workload = workload;
        _machine = new SimulatedMachine(disk, workload.Seed);
        _random = new Random(workload.Seed);
    }

    /// <summary>Runs it undisturbed and records it.</summary>
    internal static Recording Record(Workload workload, bool keepText = false)
    {
        SimulatedFileSystem disk = new();
        if (keepText)
        {
            disk.Trace.KeepText();
        }

        return new WorkloadRun(workload, disk).Record();
    }

    private Recording Record()
    {
        if (_workload.FromCreation)
        {
            _machine.Disk.BeforeChange = NotePoint;
        }

        _log = _machine.Open(Workload.Directory, _workload.Options);
        _machine.Disk.BeforeChange = NotePoint;
        foreach (LogStep step in _workload.Steps)
        {
            _machine.Disk.Trace.Remark(step.ToString());
            Do(step);
            RunSome();
        }

        _machine.Scheduler.RunToIdle();
        NotePoint(_machine.Disk);
        Recording recording = new(
            _workload,
            _points,
            _machine.Disk.Trace.Hash,
            _machine.Disk.Trace.Operations,
            _recycled + _log.Statistics.SegmentsRecycled,
            _machine.Disk.Trace.Lines,
            _problems);
        _machine.Discard(_log);
        return recording;
    }

    /// <summary>Lets a few pieces of work happen, and notes what is complete by then.</summary>
    private void RunSome()
    {
        _journal.Now();
        for (int i = _random.Next(6); i > 0 && _machine.Scheduler.RunOne(); i--)
        {
        }
    }

    private void NotePoint(SimulatedFileSystem disk)
    {
        if (_log is not null)
        {
            _journal.DurableShown(_log.DurableSequence);
        }

        _points.Add(new CrashPoint(disk.Snapshot(), _journal.Now()));
    }

    private void Do(LogStep step)
    {
        switch (step)
        {
            case LogStep.None:
                Append(Durability.None, [Payload(60)]);
                break;
            case LogStep.Process:
                _machine.Wait(Append(Durability.ProcessCrash, [Payload(100)]));
                break;
            case LogStep.Power:
                _machine.Wait(Append(Durability.PowerLoss, [Payload(100)]));
                break;
            case LogStep.Three:
                _machine.Wait(Task.WhenAll(
                    Append(Durability.PowerLoss, [Payload(500)]),
                    Append(Durability.ProcessCrash, [Payload(3000)]),
                    Append(Durability.PowerLoss, [Payload(2000)])));
                break;
            case LogStep.Blocking:
                byte[] payload = Payload(80);
                _machine.Wait(_journal.Append([payload], Durability.PowerLoss, () =>
                    Task.FromResult(_log!.Append(payload))));
                break;
            case LogStep.Batch:
                _machine.Wait(Append(
                    Durability.PowerLoss, [Payload(10), Payload(3000), Payload(0)]));
                break;
            case LogStep.Oversize:
                _machine.Wait(Append(Durability.PowerLoss, [Payload(20_000)]));
                break;
            case LogStep.Flush:
                _machine.Wait(_log!.FlushAsync().AsTask());
                break;
            case LogStep.Truncate:
                Truncate(_log!.LastSequence + 1);
                break;
            case LogStep.TruncateHalf:
                Truncate(Math.Max(1, (_log!.FirstSequence + _log.LastSequence + 1) / 2));
                break;
            case LogStep.Roll:
                Roll();
                break;
            case LogStep.Idle:
                _machine.Scheduler.RunToIdle();
                _machine.Time.Advance(TimeSpan.FromSeconds(2));
                _machine.Scheduler.RunToIdle();
                break;
            case LogStep.Reopen:
                _recycled += _log!.Statistics.SegmentsRecycled;
                _machine.Wait(_log.CloseAsync().AsTask());
                Open(killed: false);
                break;
            case LogStep.Kill:
                _machine.Kill();
                Open(killed: true);
                break;
            case LogStep.Overlap:
                Overlap();
                break;
            case LogStep.Grow:
                for (int i = 0; i < 3; i++)
                {
                    _machine.Wait(Append(Durability.ProcessCrash, [Payload(700)]));
                }

                break;
            default:
                throw new InvalidOperationException($"Unknown step {step}.");
        }
    }

    private void Overlap()
    {
        List<Task> appends = [];
        for (int i = 0; i < 4; i++)
        {
            appends.Add(Append(Durability.PowerLoss, [Payload(i % 2 == 0 ? 200 : 5000)]));
            for (int work = _random.Next(4); work > 0 && _machine.Scheduler.RunOne(); work--)
            {
            }
        }

        _machine.Wait(Task.WhenAll(appends));
    }

    private void Open(bool killed)
    {
        Expectation expected = _journal.Now();
        _log = null;
        _log = _machine.Open(Workload.Directory, _workload.Options);
        RecoveredState state = LogProbe.Read(_log, expected.Era);
        if (expected.Violation(state, killOnly: _machine.Disk.Faults.Struck == 0) is { } problem)
        {
            _problems.Add($"after {(killed ? "a kill" : "closing")}: {problem}");
        }

        _journal.Reopened(state.First, state.Last);
    }

    private void Roll()
    {
        int segments = _log!.Statistics.Segments;
        for (int i = 0; i < 20 && _log.Statistics.Segments == segments; i++)
        {
            _machine.Wait(Append(Durability.ProcessCrash, [Payload(12_000)]));
        }
    }

    private void Truncate(long sequence)
    {
        _journal.TruncationBegins(sequence);
        _machine.Wait(_log!.TruncateBeforeAsync(sequence).AsTask());
        _journal.TruncationDone(sequence);
    }

    private Task Append(Durability durability, IReadOnlyList<byte[]> records)
    {
        return _journal.Append(records, durability, () =>
        {
            if (records.Count == 1)
            {
                return _log!.AppendAsync(records[0], durability).AsTask();
            }

            LogBatch batch = new();
            foreach (byte[] record in records)
            {
                batch.Add(record);
            }

            return _log!.AppendBatchAsync(batch, durability).AsTask();
        });
    }

    /// <summary>Bytes that no other record has.</summary>
    private byte[] Payload(int length)
    {
        byte[] bytes = new byte[length];
        _random.NextBytes(bytes);
        return bytes;
    }
}
