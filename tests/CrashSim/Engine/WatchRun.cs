using LogEngine.Format;
using LogEngine.Testing.Disk;
using LogEngine.Testing.Model;

namespace LogEngine.CrashSim.EngineFaults;

/// <summary>
/// Runs a workload with watchers beside it, three that are always awake and one that is not, and records what
/// each has kept at every moment the machine may die at.
/// </summary>
internal sealed class WatchRun
{
    private const string First = "a";
    private const string Second = "b";

    private readonly EngineWorkload _workload;
    private readonly EngineRun _run;
    private readonly Random _random;
    private readonly Watcher[] _watchers;
    private readonly List<WatchPoint> _points = [];
    private readonly List<EngineEra> _eras = [];

    private WatchRun(EngineWorkload workload)
    {
        _workload = workload;
        _run = new EngineRun(workload, new SimulatedFileSystem());
        _random = new Random(workload.Seed);
        _watchers =
        [
            New(First, 1, isSlow: false),
            New(Second, 2, isSlow: true),
            New(First, 3, isSlow: true),
            New(Second, 4, isSlow: false),
        ];
    }

    private Watcher Sleeper => _watchers[^1];

    /// <summary>Runs it undisturbed.</summary>
    internal static WatchRecording Record(EngineWorkload workload) => new WatchRun(workload).Record();

    private Watcher New(string keyspace, int seed, bool isSlow) =>
        new(_run.Machine, WatchMemory.Empty(keyspace), (_workload.Seed * 31) + seed, isSlow);

    private WatchRecording Record()
    {
        _run.Begin();
        _run.Machine.Disk.BeforeChange = NotePoint;
        foreach (Watcher watcher in _watchers)
        {
            watcher.Begin(_run.Engine!, mayLose: false);
        }

        foreach (EngineStep step in _workload.Steps)
        {
            Do(step);
            _run.RunSome();
            if (_random.Next(3) == 0)
            {
                Toggle();
            }
        }

        _run.Machine.Scheduler.RunToIdle();
        NotePoint(_run.Machine.Disk);
        NoteEra();
        _run.Machine.Discard(_run.Engine!);
        return new WatchRecording(
            _workload,
            _points,
            Written(First),
            Written(Second),
            [
                .. _eras.SelectMany(e => e.Batches).SelectMany(b => b.Operations)
                    .Select(o => o.ValueHash),
            ],
            [
                .. _run.Problems,
                .. _watchers.Select(w => w.Problem).OfType<string>(),
            ],
            _watchers.Sum(w => w.Lost));
    }

    private void Do(EngineStep step)
    {
        NoteEra();
        if (step == EngineStep.Reopen)
        {
            foreach (Watcher watcher in _watchers.Where(w => w.IsAwake))
            {
                watcher.Sleep();
            }
        }

        _run.Do(step);
        if (step is EngineStep.Reopen or EngineStep.Kill)
        {
            // At once, so that what an open watch kept before a death is kept for it still.
            foreach (Watcher watcher in _watchers)
            {
                watcher.Begin(_run.Engine!, mayLose: !watcher.IsAwake);
            }
        }
    }

    private void Toggle()
    {
        if (Sleeper.IsAwake)
        {
            Sleeper.Sleep();
        }
        else
        {
            Sleeper.Begin(_run.Engine!, mayLose: true);
        }
    }

    private void NotePoint(SimulatedFileSystem disk)
    {
        _run.NoteDurable();
        _points.Add(new WatchPoint(
            disk.Snapshot(), [.. _watchers.Select(w => (w.Kept, w.IsAwake))]));
    }

    /// <summary>A death makes another one of it.</summary>
    private void NoteEra()
    {
        if (!_eras.Contains(_run.Journal.Era))
        {
            _eras.Add(_run.Journal.Era);
        }
    }

    /// <summary>What callers were told to be written, by its sequence; a touch has none of its own.</summary>
    private Dictionary<long, ModelOperation> Written(string keyspace) =>
        _eras.SelectMany(e => e.Batches)
            .Where(b => b.State == SubmittedBatch.Outcome.Applied && b.First > 0)
            .SelectMany(b => b.Operations.Select((o, i) => (Operation: o, Sequence: b.First + i)))
            .Where(w => w.Operation.Keyspace == keyspace && w.Operation.Kind != OperationKind.Touch)
            .ToDictionary(w => w.Sequence, w => w.Operation);
}

/// <summary>A moment at which the machine may die.</summary>
/// <param name="Disk">The disk.</param>
/// <param name="Watchers">What each watcher has kept, and whether it is awake.</param>
internal sealed record WatchPoint(
    DiskSnapshot Disk, IReadOnlyList<(WatchMemory Kept, bool IsAwake)> Watchers);

/// <summary>A workload that ran once, watched.</summary>
/// <param name="Workload">What was done.</param>
/// <param name="Points">Every moment between two changes of the disk.</param>
/// <param name="WrittenFirst">What is known to be written of the first keyspace.</param>
/// <param name="WrittenSecond">And of the second.</param>
/// <param name="Submitted">What all values hash to.</param>
/// <param name="Problems">What was wrong without any crash.</param>
/// <param name="Lost">How often changes were lost to who slept.</param>
internal sealed record WatchRecording(
    EngineWorkload Workload,
    IReadOnlyList<WatchPoint> Points,
    Dictionary<long, ModelOperation> WrittenFirst,
    Dictionary<long, ModelOperation> WrittenSecond,
    HashSet<ulong> Submitted,
    IReadOnlyList<string> Problems,
    int Lost)
{
    internal Dictionary<long, ModelOperation> Written(string keyspace) =>
        keyspace == "a" ? WrittenFirst : WrittenSecond;
}
