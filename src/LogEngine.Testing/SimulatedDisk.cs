using LogEngine.Testing.Crash;
using LogEngine.Testing.Disk;
using LogEngine.Testing.Running;

namespace LogEngine.Testing;

/// <summary>
/// A disk in memory for crash-testing code that embeds a <see cref="WriteAheadLog"/>: it knows at
/// every
/// moment what a power loss could leave, and shows faults on demand.
/// </summary>
/// <remarks>
/// <para>
/// Everything runs on the calling thread, in an order drawn from the seed: the same seed and the
/// same
/// calls give the same run, which <see cref="TraceHash"/> proves. Nothing is thread-safe, and
/// nothing moves between two calls: use <see cref="Run"/> for code that awaits.
/// </para>
/// <para>
/// The log on it is the real one, down to the last system call. Directories are paths of the
/// simulated disk; nothing of it reaches a real one.
/// </para>
/// </remarks>
public sealed class SimulatedDisk
{
    private readonly int _seed;
    private SimulatedMachine _machine;
    private int _crashes;

    /// <summary>Makes an empty disk.</summary>
    /// <param name="seed">Of the order in which work runs, and of identities.</param>
    public SimulatedDisk(int seed)
        : this(seed, new SimulatedFileSystem())
    {
    }

    private SimulatedDisk(int seed, SimulatedFileSystem files)
    {
        _seed = seed;
        _machine = new SimulatedMachine(files, seed);
    }

    /// <summary>Operations done on the disk so far.</summary>
    public long Operations => _machine.Disk.Trace.Operations;

    /// <summary>Of all operations in order: equal for equal runs.</summary>
    public ulong TraceHash => _machine.Disk.Trace.Hash;

    /// <summary>The clock of the simulation; it moves by <see cref="Advance"/> only.</summary>
    public TimeProvider TimeProvider => _machine.Time;

    /// <summary>
    /// Size of the disk in bytes, rounded down to pages of 4 KiB; default without end.
    /// </summary>
    public long CapacityBytes
    {
        set => _machine.Disk.CapacityPages = value / SimPage.Size;
    }

    /// <summary>Most files open at once; default without end.</summary>
    public int DescriptorLimit
    {
        set => _machine.Disk.DescriptorLimit = value;
    }

    /// <summary>
    /// Opens a log on the disk. Use small segments (64 KiB) and groups (16 KiB): a crash test opens
    /// thousands of them.
    /// </summary>
    /// <param name="directory">Path on the simulated disk, such as "/log".</param>
    /// <param name="options">Options; the clock is replaced by the simulation's.</param>
    /// <remarks>It throws what opening a log on a real disk throws.</remarks>
    public WriteAheadLog OpenLog(string directory, WriteAheadLogOptions? options = null) =>
        _machine.Open(directory, options ?? SmallLog);

    /// <summary>
    /// Opens an engine on the disk. Use small segments, groups and budgets, as
    /// <see cref="SmallEngine"/> has.
    /// </summary>
    /// <param name="directory">Path on the simulated disk, such as "/store".</param>
    /// <param name="options">Options; the clock is replaced by the simulation's.</param>
    /// <remarks>It throws what opening an engine on a real disk throws.</remarks>
    public EmbeddedEngine OpenEngine(string directory, StorageEngineOptions? options = null) =>
        _machine.OpenEngine(directory, options ?? SmallEngine);

    /// <summary>
    /// Smallest segments, groups and budgets: snapshots, compaction and freeing happen after a few
    /// dozen writes.
    /// </summary>
    public static StorageEngineOptions SmallEngine { get; } = new()
    {
        SegmentSizeBytes = WriteAheadLogOptions.MinSegmentSizeBytes,
        GroupCapBytes = WriteAheadLogOptions.MinGroupCapBytes,
        SpareSegments = 1,
        CacheBytes = 0,
        SnapshotBudgetBytes = StorageEngineOptions.MinSnapshotBudgetBytes,
    };

    /// <summary>Smallest segments and groups.</summary>
    public static WriteAheadLogOptions SmallLog { get; } = new()
    {
        SegmentSizeBytes = WriteAheadLogOptions.MinSegmentSizeBytes,
        GroupCapBytes = WriteAheadLogOptions.MinGroupCapBytes,
        SpareSegments = 1,
    };

    /// <summary>
    /// Runs asynchronous code and the work of the logs on this disk, until the code is done; time
    /// passes where nothing else is left to do.
    /// </summary>
    /// <exception cref="InvalidOperationException">It can never be done: a hang.</exception>
    public void Run(Func<Task> code)
    {
        ArgumentNullException.ThrowIfNull(code);
        SimulatedContext context = new(_machine.Scheduler);
        SynchronizationContext? before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(context);
        Task running;
        try
        {
            running = code();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }

        _machine.Wait(running);
    }

    /// <summary>Runs some of the work that is waiting; false where there is none.</summary>
    /// <param name="steps">Most pieces of work to run; null for all.</param>
    public bool RunWork(int? steps = null)
    {
        bool ran = false;
        for (int i = 0; (steps is null || i < steps) && _machine.Scheduler.RunOne(); i++)
        {
            ran = true;
        }

        return ran;
    }

    /// <summary>Moves the clock on and fires the timers that come due.</summary>
    public void Advance(TimeSpan by) => _machine.Time.Advance(by);

    /// <summary>Plans a fault.</summary>
    public void Inject(PlannedFault fault)
    {
        ArgumentNullException.ThrowIfNull(fault);
        _machine.Disk.Faults.Add(fault);
    }

    /// <summary>Forgets all planned faults: the disk works again.</summary>
    public void Repair() => _machine.Disk.Faults.Clear();

    /// <summary>
    /// Called before each operation that changes the disk, with the number of operations so far:
    /// the
    /// place to fork crashes from, by <see cref="Crash"/>.
    /// </summary>
    public Action<long>? BeforeChange
    {
        set => _machine.Disk.BeforeChange =
            value is null ? null : disk => value(disk.Trace.Operations);
    }

    /// <summary>
    /// The disk after a power loss at this moment: everything synced, and of the rest, sectors,
    /// lengths
    /// and names, a subset drawn from the seed. This disk goes on unharmed.
    /// </summary>
    /// <param name="seed">
    /// Of the choice. 0 keeps nothing unsynced, 1 everything; the others draw.
    /// </param>
    public SimulatedDisk Crash(int seed)
    {
        CrashUnits units = CrashUnits.Of(_machine.Disk.Snapshot(), 512);
        bool[] keep = new bool[units.Units.Count];
        if (seed == 1)
        {
            Array.Fill(keep, true);
        }
        else if (seed != 0)
        {
            CrashChoices.Draw(keep, units.Units, new Random(seed));
        }

        return new SimulatedDisk(
            unchecked((_seed * 31) + ++_crashes), units.Build(keep).Mount());
    }

    /// <summary>
    /// The process dies and the machine goes on: its open logs are dead, its locks free, what it
    /// has
    /// written stays.
    /// </summary>
    public void KillProcess()
    {
        _machine.Kill();
        _machine = new SimulatedMachine(_machine.Disk, unchecked(_seed + 7919));
    }
}
